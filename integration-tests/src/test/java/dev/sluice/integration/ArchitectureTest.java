package dev.sluice.integration;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the modules promise each other. */
final class ArchitectureTest {
    private static JavaClasses sluice;

    @BeforeAll
    static void readClasses() {
        sluice = new ClassFileImporter()
                .withImportOption(new DoNotIncludeTests())
                .withImportOption(location -> !location.contains("/dev/sluice/integration/"))
                .importPackages("dev.sluice");
    }

    @Test
    void producersStreamsAndSinksNeverSeeEachOther() {
        String[] roads = {"dev.sluice.producers..", "dev.sluice.streams..", "dev.sluice.sinks.."};
        for (String road : roads) {
            for (String other : roads) {
                if (!road.equals(other)) {
                    noClasses()
                            .that()
                            .resideInAPackage(road)
                            .should()
                            .dependOnClassesThat()
                            .resideInAPackage(other)
                            .check(sluice);
                }
            }
        }
    }

    @Test
    void theSharedLanguageAndTheRuntimeDependOnNothingOfOurs() {
        for (String leaf : new String[] {"dev.sluice.schemas..", "dev.sluice.runtime.."}) {
            noClasses()
                    .that()
                    .resideInAPackage(leaf)
                    .should()
                    .dependOnClassesThat(DescribedPredicate.describe(
                            "are ours and outside " + leaf,
                            other -> other.getPackageName().startsWith("dev.sluice")
                                    && !other.getPackageName().startsWith(leaf.replace("..", ""))))
                    .check(sluice);
        }
    }

    @Test
    void onlyTheCommandLineSeesAllModules() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.sluice.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.sluice.cli..", "dev.sluice.embedded..")
                .check(sluice.that(DescribedPredicate.describe(
                        "are not the embedded stations themselves",
                        type -> !type.getPackageName().startsWith("dev.sluice.embedded"))));
    }

    @Test
    void verificationReadsWithCodeOfItsOwn() {
        noClasses()
                .that()
                .resideInAPackage("dev.sluice.verification..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.sluice.sinks..", "dev.sluice.streams..")
                .check(sluice);
    }

    @Test
    void packagesReadAsTheDomain() {
        noClasses()
                .should()
                .resideInAnyPackage("..impl..", "..common..", "..util..", "..utils..", "..core..", "..helpers..")
                .check(sluice);
    }

    @Test
    void modulesAreFreeOfCycles() {
        slices().matching("dev.sluice.(*)..").should().beFreeOfCycles().check(sluice);
    }
}
