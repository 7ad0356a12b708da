package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.confluent.kafka.schemaregistry.client.rest.RestService;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What is logged without --debug. */
final class LogTest {
    @Test
    void theRegistrysClientLeavesItsFailuresToTheMessageOfTheCommand() {
        assertThat(LoggerFactory.getLogger(RestService.class).isErrorEnabled()).isFalse();
    }

    @Test
    void ourOwnWarningsAreLogged() {
        assertThat(LoggerFactory.getLogger(Main.class).isInfoEnabled()).isTrue();
    }
}
