package dev.sluice.streams;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.IndexType;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/** One bound for all stores of the process, however many lanes: 64 MiB for blocks, filters and memtables together. */
public final class SharedRocksDb implements RocksDBConfigSetter {
    private static final long TOTAL_BYTES = 64L << 20;
    private static final long MEMTABLE_BYTES = 24L << 20;
    private static final long ONE_MEMTABLE_BYTES = 16L << 20;
    private static final double MEMTABLE_FILTER = 0.02;
    private static final int SHARD_BITS = 2;
    private static final double FILTERS_SHARE = 0.3;

    /** Kafka Streams makes a setter per store and gives it nothing to share them through. */
    private static final class Shared {
        private static final Cache CACHE;
        private static final WriteBufferManager MEMTABLES;

        static {
            RocksDB.loadLibrary();
            CACHE = new LRUCache(TOTAL_BYTES, SHARD_BITS, false, FILTERS_SHARE);
            MEMTABLES = new WriteBufferManager(MEMTABLE_BYTES, CACHE);
        }
    }

    @Override
    public void setConfig(String storeName, Options options, Map<String, Object> configs) {
        BlockBasedTableConfig tables = (BlockBasedTableConfig) options.tableFormatConfig();
        tables.setBlockCache(Shared.CACHE);
        tables.setCacheIndexAndFilterBlocks(true);
        tables.setCacheIndexAndFilterBlocksWithHighPriority(true);
        tables.setPinTopLevelIndexAndFilter(true);
        // Whole filters of large files are larger than a part of the cache: every look-up would read one from the file.
        tables.setIndexType(IndexType.kTwoLevelIndexSearch);
        tables.setPartitionFilters(true);
        options.setTableFormatConfig(tables);
        // Most rows of a first load are looked for once, in vain: filters answer for the last level too.
        options.setOptimizeFiltersForHits(false);
        options.setWriteBufferManager(Shared.MEMTABLES);
        options.setWriteBufferSize(ONE_MEMTABLE_BYTES);
        options.setMaxWriteBufferNumber(2);
        // A key that is not there is not sought in the list of those that were written last.
        options.setMemtablePrefixBloomSizeRatio(MEMTABLE_FILTER);
        options.setMemtableWholeKeyFiltering(true);
    }

    /** The cache outlives every store. */
    @Override
    public void close(String storeName, Options options) {}
}
