package dev.sluice.schemas.event;

/**
 * The event's place in its source transaction.
 *
 * @param id the source's name of the transaction
 * @param totalOrder place in the transaction within the lane, from 1
 * @param dataCollectionOrder place among the transaction's events of the same table, from 1
 * @param last whether it is the transaction's last event in the lane
 */
public record Transaction(String id, long totalOrder, long dataCollectionOrder, boolean last) {}
