using System.Globalization;
using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;

namespace Gateway.Audit.Seals;

/// <summary>
/// Seals a journal: signs its head every so many entries or seconds and appends the seal to the chain. Nothing is sealed
/// that is not durable.
/// </summary>
public sealed class JournalSealer : IDisposable
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private readonly AuditJournal _journal;
    private readonly string _keys;
    private readonly MasterKey _master;
    private readonly SealOptions _options;
    private readonly TimeProvider _time;
    private SealingKey _key;
    private SealPoint _last;

    /// <summary>Prepares sealing. Nothing happens before <see cref="RunAsync"/> or <see cref="SealAsync"/>.</summary>
    /// <param name="journal">The journal.</param>
    /// <param name="keys">Directory of the key store.</param>
    /// <param name="master">What the sealing key is encrypted under.</param>
    /// <param name="options">How often; <see langword="null"/> for the defaults.</param>
    /// <param name="time">Clock; <see langword="null"/> for the system's.</param>
    /// <exception cref="KeyStoreException">The sealing key cannot be read or made.</exception>
    public JournalSealer(AuditJournal journal, string keys, MasterKey master, SealOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(journal);
        _journal = journal;
        _keys = keys;
        _master = master;
        _options = options ?? new SealOptions();
        _options.Validate();
        _time = time ?? TimeProvider.System;
        _key = SealingKey.OpenOrMint(keys, master, _time);
        _last = journal.RecoveredSeal ?? new SealPoint(0, 0, System.Text.Encoding.ASCII.GetString(EntryHash.OfInstance(journal.Instance)), null, 0);
    }

    /// <summary>Where sealing stands.</summary>
    public SealPoint Last => Volatile.Read(ref _last);

    /// <summary>Durable entries that no seal covers yet, the last seal itself not counted.</summary>
    public long Unsealed
    {
        get
        {
            var last = Last;
            var entries = _journal.DurableSequence - last.HeadSeq;
            return last.EntrySeq > last.HeadSeq ? Math.Max(0, entries - 1) : entries;
        }
    }

    /// <summary>Seals until cancelled. Faults are told and tried again.</summary>
    /// <param name="cancellationToken">Ends it without an exception.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                // 1. Something that no seal covers.
                if (Unsealed == 0) await _journal.WaitForDurableAsync(Math.Max(Last.EntrySeq, _journal.DurableSequence), cancellationToken);

                // 2. Enough of it, or long enough.
                using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var many = _journal.WaitForDurableAsync(Last.HeadSeq + _options.Entries, enough.Token);
                await Task.WhenAny(many, Task.Delay(_options.Interval, _time, enough.Token));
                await enough.CancelAsync();
                cancellationToken.ThrowIfCancellationRequested();
                await SealAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Part of the journal's loop, one of the places that catch everything: an unsealed journal is still a journal.
                _options.OnFault?.Invoke(exception);
                if (!_journal.IsHealthy) return;
                try
                {
                    await Task.Delay(_options.Interval, _time, cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Seals what is durable now.</summary>
    /// <param name="cancellationToken">Gives up before there is a seal; one that was begun is written.</param>
    /// <returns>The seal; <see langword="null"/> if there was nothing to seal.</returns>
    public async Task<SealEntry?> SealAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Unsealed == 0) return null;
        ReplaceKey();
        var head = _journal.Head;
        var last = Last;
        var isNewKey = last.KeyId != _key.Id;
        var seal = _key.Sign(new SealEntry
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"seal-{last.Number + 1}"),
            Number = last.Number + 1,
            HeadSeq = head.Sequence,
            HeadHash = head.Hash!,
            Count = head.Sequence - last.HeadSeq,
            SealedAt = _time.GetUtcNow().UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture),
            PrevSeal = last.StatementHash,
            KeyId = _key.Id,
            PublicKey = isNewKey ? Convert.ToBase64String(_key.PublicKey) : null,
            Endorsement = isNewKey && last.KeyId is not null ? _key.Endorsement : null,
        }, _journal.Instance);

        // Not to be cancelled: a seal that is in the journal and not counted would be followed by another of its number.
        var sequence = await _journal.AppendAsync(seal, CancellationToken.None);
        Volatile.Write(ref _last, new SealPoint(seal.Number, seal.HeadSeq, seal.StatementHash(_journal.Instance), seal.KeyId, sequence));
        _options.OnSeal?.Invoke(seal);
        return seal;
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    /// <summary>Takes a key that was replaced by a command, and replaces one that has grown too old.</summary>
    private void ReplaceKey()
    {
        if (SealingKey.CurrentId(_keys) is { } current && current != _key.Id)
        {
            _key.Dispose();
            _key = SealingKey.OpenOrMint(_keys, _master, _time);
        }
        else if (_options.KeyAge > TimeSpan.Zero && _time.GetUtcNow() - _key.Since > _options.KeyAge)
        {
            _key.Dispose();
            _key = SealingKey.Rotate(_keys, _master, _time);
        }
    }
}
