using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Audit.Keys;

/// <summary>
/// Keys of subjects, wrapped by the master key, in one file outside journal, Redis and archive. Safe for several threads
/// and several processes: whoever writes holds the lock file, and whoever uses a key looks first whether it is still
/// there, so that a key destroyed by another process is not used again.
/// </summary>
public sealed class KeyStore : IDisposable
{
    private const string FileName = "subjects.keys";
    private const string LockName = "lock";
    private const int KeptKeys = 100_000;

    /// <summary>What the wrapping key is derived for.</summary>
    internal const string WrapPurpose = "gateway wrap 1";

    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(20);

    private readonly TimeProvider _time;
    private readonly SafeFileHandle _file;
    private readonly SlotView _view;
    private readonly byte[] _wrapKey;
    private readonly byte[] _lookupKey;
    private readonly object _gate = new();
    private readonly Dictionary<string, int> _byLookup = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _byPseudonym = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SubjectKey> _keys = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Tenant, int Month), string> _unknown = new();
    private int _count;

    private KeyStore(string directory, MasterKey master, TimeProvider time, SafeFileHandle file)
    {
        (DirectoryPath, _time, _file, _view) = (directory, time, file, new SlotView(file));
        _wrapKey = master.Derive(WrapPurpose);
        _lookupKey = LookupKey.Of(directory, master);
    }

    /// <summary>Directory of the store.</summary>
    public string DirectoryPath { get; }

    /// <summary>Opens the store of a directory, beginning one where there is none.</summary>
    /// <param name="directory">The directory; must not lie inside a journal or an archive.</param>
    /// <param name="master">What wraps the keys.</param>
    /// <param name="time">Clock; <see langword="null"/> for the system's.</param>
    /// <exception cref="KeyStoreException">It cannot be read or written, or was made with another master key.</exception>
    public static KeyStore Open(string directory, MasterKey master, TimeProvider? time = null) => Open(directory, master, checksKeys: true, time);

    private static KeyStore Open(string directory, MasterKey master, bool checksKeys, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(master);
        try
        {
            directory = Path.GetFullPath(directory);
            MakePrivate(directory);
            var path = Path.Combine(directory, FileName);
            var isNew = !File.Exists(path);
            using (new FileStream(path, PrivateFile.Options(FileMode.OpenOrCreate)))
            {
                // Made with the owner's rights alone; opened below for positioned access.
            }

            if (isNew) Journal.DirectoryFlush.Flush(directory);
            var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            KeyStore store;
            try
            {
                store = new KeyStore(directory, master, time ?? TimeProvider.System, file);
            }
            catch
            {
                file.Dispose();
                throw;
            }

            try
            {
                using (store.Lock()) store.ReadNew();
                if (checksKeys) store.CheckMaster();
                return store;
            }
            catch
            {
                store.Dispose();
                throw;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KeyStoreException($"The key store in {directory} cannot be opened: {exception.Message}", exception);
        }
    }

    /// <summary>Whether a directory holds a key store.</summary>
    public static bool Exists(string directory) => File.Exists(Path.Combine(directory, FileName));

    /// <summary>The key of a person; minted, and durable, where there is none.</summary>
    /// <param name="tenant">The tenant; empty where there are none.</param>
    /// <param name="user">Who, in the operator's terms.</param>
    public SubjectKey GetOrMint(string tenant, string user)
    {
        var subject = Subject(tenant, "user", user);
        return GetOrMintSubject(subject, Lookup(subject), null);
    }

    /// <summary>The key of a month's exchanges whose person is not known.</summary>
    /// <param name="tenant">The tenant; empty where there are none.</param>
    /// <param name="time">When.</param>
    public SubjectKey GetOrMintUnknown(string tenant, DateTimeOffset time)
    {
        // Most exchanges have such a key, and few months: how it is looked up is remembered, which says nothing of anybody.
        ArgumentNullException.ThrowIfNull(tenant);
        var utc = time.UtcDateTime;
        var month = (tenant, utc.Year * 12 + utc.Month);
        if (_unknown.TryGetValue(month, out var lookup) && TryUse(lookup, out var key)) return key;
        var name = utc.ToString("yyyy-MM", CultureInfo.InvariantCulture);
        var subject = Subject(tenant, "unknown", name);
        lookup = Lookup(subject);
        if (_unknown.Count >= KeptKeys) _unknown.Clear();
        _unknown[month] = lookup;
        return GetOrMintSubject(subject, lookup, name);
    }

    /// <summary>The key of a person, if there is one that may be used.</summary>
    public SubjectKey? Find(string tenant, string user)
    {
        return TryUse(Lookup(Subject(tenant, "user", user)), out var key) ? key : null;
    }

    /// <summary>The key behind a pseudonym, if it is there and not locked.</summary>
    public SubjectKey? FindByPseudonym(string pseudonym)
    {
        ArgumentNullException.ThrowIfNull(pseudonym);
        lock (_gate)
        {
            if (!_byPseudonym.ContainsKey(pseudonym)) ReadNew();
            if (!_byPseudonym.TryGetValue(pseudonym, out var index)) return null;
            var line = ReadLine(index);
            return KeySlot.Read(line) is { State: KeyState.Active } slot && slot.Pseudonym == pseudonym ? Unwrap(slot, index, line) : null;
        }
    }

    /// <summary>How the key behind a pseudonym stands; <see cref="KeyState.Erased"/> where there is none (any more).</summary>
    public KeyState StateOf(string pseudonym)
    {
        ArgumentNullException.ThrowIfNull(pseudonym);
        lock (_gate)
        {
            if (!_byPseudonym.ContainsKey(pseudonym)) ReadNew();
            return _byPseudonym.TryGetValue(pseudonym, out var index) && KeySlot.Read(ReadLine(index)) is { } slot && slot.Pseudonym == pseudonym
                ? slot.State
                : KeyState.Erased;
        }
    }

    /// <summary>Every pseudonym of a person that still has a key, locked ones included.</summary>
    public IReadOnlyList<string> PseudonymsOf(string tenant, string user)
    {
        var lookup = Lookup(Subject(tenant, "user", user));
        return [.. Slots().Where(slot => slot.Slot.Lookup == lookup).Select(slot => slot.Slot.Pseudonym!)];
    }

    /// <summary>Locks a key: nothing is read with it and nothing new is made with it until it is destroyed.</summary>
    /// <returns><see langword="false"/> if there is no such key.</returns>
    public bool Lock(string pseudonym) => Replace(pseudonym, slot => slot with { State = KeyState.Locked, Time = _time.GetUtcNow() });

    /// <summary>Destroys a key: its place is written over and flushed before this returns.</summary>
    /// <returns><see langword="false"/> if there is no such key.</returns>
    public bool Erase(string pseudonym) => Replace(pseudonym, _ => new KeySlot { State = KeyState.Erased, Time = _time.GetUtcNow() });

    /// <summary>Pseudonyms whose erasure a legal hold has deferred.</summary>
    public IReadOnlyList<string> Locked() => [.. Slots().Where(slot => slot.Slot.State == KeyState.Locked).Select(slot => slot.Slot.Pseudonym!)];

    /// <summary>Pseudonyms of the keys of months of unknown persons that ended before a time.</summary>
    public IReadOnlyList<string> UnknownBefore(DateTimeOffset time)
    {
        var month = time.UtcDateTime.ToString("yyyy-MM", CultureInfo.InvariantCulture);
        return [.. Slots().Where(slot => slot.Slot.Month is { } own && string.CompareOrdinal(own, month) < 0).Select(slot => slot.Slot.Pseudonym!)];
    }

    /// <summary>
    /// Wraps every key of a store by a new master key, in its place, and encrypts the sealing keys with it. Nobody may have the store open.
    /// After an interruption it is called again with the same two keys, and goes on.
    /// </summary>
    /// <param name="directory">The store's directory.</param>
    /// <param name="old">The master key in force.</param>
    /// <param name="next">The one from now on.</param>
    /// <returns>How many keys were wrapped anew.</returns>
    /// <exception cref="KeyStoreException">Keys there were wrapped by neither; those before them are wrapped by the new one.</exception>
    public static int Rewrap(string directory, MasterKey old, MasterKey next)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(next);

        // Any master key would yield a lookup key: the first time, the keys themselves tell whether the given one is theirs.
        if (!LookupKey.IsKept(directory)) Open(directory, old).Dispose();
        LookupKey.Rewrap(directory, old, next);
        using var store = Open(directory, next, checksKeys: false);
        var count = 0;
        lock (store._gate)
        {
            using var fileLock = store.Lock();
            var was = old.Derive(WrapPurpose);
            foreach (var (index, slot) in store.Slots())
            {
                if (slot.Key is null) continue;
                var wrapped = Convert.FromBase64String(slot.Key);
                if (KeyWrap.Unwrap(store._wrapKey, wrapped, slot.Lookup!) is not null) continue;
                var key = KeyWrap.Unwrap(was, wrapped, slot.Lookup!)
                    ?? throw new KeyStoreException($"The key of {slot.Pseudonym} in {directory} was wrapped by neither the old nor the new master key, or was altered. Give the two keys that the rotation began with.");
                RandomAccess.Write(store._file, (slot with { Key = Convert.ToBase64String(KeyWrap.Wrap(store._wrapKey, key, slot.Lookup!)) }).ToLine(), (long)index * KeySlot.Length);
                count++;
            }

            RandomAccess.FlushToDisk(store._file);
        }

        Seals.SealingKey.Reencrypt(directory, old, next);
        return count;
    }

    /// <summary>Every key that can still be used: what an attacker with the store and its master key would try.</summary>
    public IEnumerable<SubjectKey> All() =>
        Slots().Where(slot => slot.Slot.Key is not null).Select(slot => Unwrap(slot.Slot, slot.Index, ReadLine(slot.Index)));

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    private SubjectKey GetOrMintSubject(string subject, string lookup, string? month)
    {
        if (TryUse(lookup, out var key)) return key;
        lock (_gate)
        {
            using var fileLock = Lock();
            ReadNew();
            if (TryUse(lookup, out key)) return key;
            var bytes = RandomNumberGenerator.GetBytes(MasterKey.Length);
            var slot = new KeySlot
            {
                State = KeyState.Active,
                Time = _time.GetUtcNow(),
                Lookup = lookup,
                Pseudonym = SubjectKey.PseudonymOf(bytes, subject),
                Month = month,
                Key = Convert.ToBase64String(KeyWrap.Wrap(_wrapKey, bytes, lookup)),
            };
            var index = _count;
            var line = slot.ToLine();
            RandomAccess.Write(_file, line, (long)index * KeySlot.Length);
            RandomAccess.FlushToDisk(_file);
            _count++;
            Note(slot, index);
            return Keep(lookup, new SubjectKey(bytes, slot.Pseudonym, index, Encoding.ASCII.GetString(line)));
        }
    }

    private bool TryUse(string lookup, [NotNullWhen(true)] out SubjectKey? key)
    {
        // The place is looked at each time: another process may have destroyed the key since. It is one read from memory.
        if (_keys.TryGetValue(lookup, out key))
        {
            if (IsAt(key.Slot, key.SealedSlot)) return true;
            _keys.TryRemove(lookup, out _);
        }

        lock (_gate)
        {
            if (!_byLookup.ContainsKey(lookup)) ReadNew();
            key = null;
            if (!_byLookup.TryGetValue(lookup, out var index)) return false;
            var line = ReadLine(index);
            if (KeySlot.Read(line) is not { State: KeyState.Active } slot || slot.Lookup != lookup) return false;
            key = Keep(lookup, Unwrap(slot, index, line));
            return true;
        }
    }

    private SubjectKey Keep(string lookup, SubjectKey key)
    {
        if (_keys.Count >= KeptKeys) _keys.Clear();
        return _keys[lookup] = key;
    }

    private bool Replace(string pseudonym, Func<KeySlot, KeySlot> change)
    {
        ArgumentNullException.ThrowIfNull(pseudonym);
        lock (_gate)
        {
            using var fileLock = Lock();
            ReadNew();
            if (!_byPseudonym.TryGetValue(pseudonym, out var index)) return false;
            if (KeySlot.Read(ReadLine(index)) is not { } slot || slot.Pseudonym != pseudonym) return false;
            RandomAccess.Write(_file, change(slot).ToLine(), (long)index * KeySlot.Length);
            RandomAccess.FlushToDisk(_file);
            foreach (var (lookup, key) in _keys)
            {
                if (key.Slot == index) _keys.TryRemove(lookup, out _);
            }

            return true;
        }
    }

    private List<(int Index, KeySlot Slot)> Slots()
    {
        lock (_gate)
        {
            ReadNew();
            var slots = new List<(int, KeySlot)>();
            for (var index = 0; index < _count; index++)
            {
                if (KeySlot.Read(ReadLine(index)) is { Pseudonym: not null } slot) slots.Add((index, slot));
            }

            return slots;
        }
    }

    /// <summary>Reads places that were added since the last look. A last one that is not whole was never used: it is written over.</summary>
    private void ReadNew()
    {
        var whole = (int)(RandomAccess.GetLength(_file) / KeySlot.Length);
        while (_count < whole)
        {
            if (KeySlot.Read(ReadLine(_count)) is { } slot) Note(slot, _count);
            _count++;
        }
    }

    private void Note(KeySlot slot, int index)
    {
        // The newest place of a subject counts: older ones are locked.
        if (slot.Lookup is not null) _byLookup[slot.Lookup] = index;
        if (slot.Pseudonym is not null) _byPseudonym[slot.Pseudonym] = index;
    }

    private string ReadLine(int index)
    {
        Span<byte> line = stackalloc byte[KeySlot.Length];
        var read = RandomAccess.Read(_file, line, (long)index * KeySlot.Length);
        return Encoding.ASCII.GetString(line[..read]);
    }

    private bool IsAt(int index, string expected)
    {
        Span<byte> line = stackalloc byte[KeySlot.Length];
        return _view.TryRead((long)index * KeySlot.Length, line) && Ascii.Equals(line, expected);
    }

    private void CheckMaster()
    {
        foreach (var (index, slot) in Slots())
        {
            if (slot.Key is null) continue;
            Unwrap(slot, index, "");
            return;
        }
    }

    private SubjectKey Unwrap(KeySlot slot, int index, string line)
    {
        var key = KeyWrap.Unwrap(_wrapKey, Convert.FromBase64String(slot.Key!), slot.Lookup!) ?? throw new KeyStoreException(
            $"The keys in {DirectoryPath} were wrapped by another master key, or were altered. Give the master key they were made with.");
        return new SubjectKey(key, slot.Pseudonym!, index, line);
    }

    private string Lookup(string subject) => Convert.ToHexStringLower(HMACSHA256.HashData(_lookupKey, Encoding.UTF8.GetBytes(subject)));

    private static string Subject(string tenant, string kind, string name)
    {
        ArgumentNullException.ThrowIfNull(tenant);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return string.Create(CultureInfo.InvariantCulture, $"{tenant.Length}:{tenant}/{kind}/{name}");
    }

    /// <summary>Takes the store for writing, against other processes; a writer holds it for milliseconds.</summary>
    private FileStream Lock()
    {
        var started = _time.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(DirectoryPath, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (_time.GetElapsedTime(started) < LockPatience)
            {
                Thread.Yield();
            }
        }
    }

    private static void MakePrivate(string directory)
    {
        if (Directory.Exists(directory)) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(directory);
        else Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
