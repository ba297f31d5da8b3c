using Gateway.Configuration;

namespace Gateway.Tenants;

/// <summary>
/// A secret by its place, <c>env:NAME</c> or <c>file:PATH</c>, never by its value. A file is looked at again every few seconds, so that a
/// rotated secret is taken up without a reload.
/// </summary>
internal sealed class SecretSource
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _clock;
    private readonly string? _path;
    private readonly Lock _lock = new();
    private long _readAt;
    private volatile string _value;

    private SecretSource(string place, string value, string? path, TimeProvider clock)
    {
        (Place, _value, _path, _clock) = (place, value, path, clock);
        _readAt = clock.GetTimestamp();
    }

    /// <summary>Where it comes from.</summary>
    public string Place { get; }

    /// <summary>The secret.</summary>
    public string Value
    {
        get
        {
            if (_path is null || _clock.GetElapsedTime(Volatile.Read(ref _readAt)) < Freshness || !_lock.TryEnter()) return _value;
            try
            {
                Volatile.Write(ref _readAt, _clock.GetTimestamp());
                if (Read(_path) is { Length: > 0 } value) _value = value;
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // A file that is being replaced: what was read last goes on.
            }
            finally
            {
                _lock.Exit();
            }

            return _value;
        }
    }

    /// <summary>Reads a secret.</summary>
    /// <exception cref="ConfigurationException">The place is not understood, or there is nothing there.</exception>
    public static SecretSource Of(string key, string place, TimeProvider clock)
    {
        if (place.StartsWith("env:", StringComparison.Ordinal))
        {
            return Environment.GetEnvironmentVariable(place[4..]) is { Length: > 0 } value
                ? new SecretSource(place, value, null, clock)
                : throw new ConfigurationException($"{key} is '{place}', but the environment variable is not set.");
        }

        if (!place.StartsWith("file:", StringComparison.Ordinal))
            throw new ConfigurationException($"{key} must be env:NAME or file:PATH: the secret itself does not belong here.");
        try
        {
            return Read(place[5..]) is { Length: > 0 } value
                ? new SecretSource(place, value, place[5..], clock)
                : throw new ConfigurationException($"{key} is '{place}', but the file is empty.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{key} is '{place}', but the file cannot be read: {fault.Message}", fault);
        }
    }

    private static string Read(string path) => File.ReadAllText(path).Trim();
}
