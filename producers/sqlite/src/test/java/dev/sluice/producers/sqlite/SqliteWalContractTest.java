package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.ChangeSourceContract;
import dev.sluice.producers.api.SourceFixture;
import dev.sluice.producers.api.Write;
import java.util.List;

class SqliteWalContractTest extends ChangeSourceContract {
    @Override
    protected SourceFixture fixture(List<Write.Insert> rows) throws Exception {
        return new SqliteFixture("WAL", rows);
    }
}
