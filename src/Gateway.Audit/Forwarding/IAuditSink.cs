using Gateway.Audit.Journal;

namespace Gateway.Audit.Forwarding;

/// <summary>
/// A second place for entries: writes one batch, throws when it cannot. One of the three seams of the product: a new
/// sink is one new file. Order, retries, rewinding and comparing with the journal are the forwarder's. Used by one
/// caller at a time.
/// </summary>
public interface IAuditSink : IAsyncDisposable
{
    /// <summary>
    /// Connects where that is needed, and says what the sink holds. Called at the start, after every fault, and every few
    /// seconds when nothing is to be written.
    /// </summary>
    /// <param name="instance">Id of the journal: entries of different journals never meet.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The last entry it holds; <see cref="JournalPosition.None"/> if it holds none.</returns>
    /// <exception cref="AuditSinkConflictException">It holds something under this instance that cannot be this journal's.</exception>
    /// <exception cref="Exception">Any other: it will be asked again later.</exception>
    ValueTask<JournalPosition> OpenAsync(string instance, CancellationToken cancellationToken);

    /// <summary>
    /// Begins an empty store, or one that ends before it, after an entry: those up to it were archived and are no longer in
    /// the journal.
    /// </summary>
    /// <param name="sequence">Number of that entry.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask BeginAfterAsync(long sequence, CancellationToken cancellationToken);

    /// <summary>
    /// Writes entries that follow the last one it holds; those of them that it holds already, with the same hash, count as
    /// written. It must refuse, with any exception and without writing, if entries between its last one and the batch
    /// are missing: a sink that lost its data since it was opened would otherwise keep a hole for ever.
    /// </summary>
    /// <param name="batch">Entries in order without gaps, at least one.</param>
    /// <param name="cancellationToken">Ends the wait; the batch may be written all the same.</param>
    /// <exception cref="AuditSinkConflictException">It holds another entry under the number of one of these.</exception>
    /// <exception cref="Exception">Any other: some of the batch may have been written; it will be opened again and asked.</exception>
    ValueTask WriteAsync(IReadOnlyList<JournalEntry> batch, CancellationToken cancellationToken);
}
