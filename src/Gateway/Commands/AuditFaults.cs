using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Audit.Seals;
using Gateway.Audit.Stores;
using Gateway.Configuration;
using StackExchange.Redis;

namespace Gateway.Commands;

/// <summary>What can go wrong with places and files, told in one line instead of a stack trace.</summary>
internal static class AuditFaults
{
    /// <summary>Runs a command.</summary>
    public static async Task<int> GuardedAsync(TextWriter error, Func<Task<int>> command)
    {
        try
        {
            return await command();
        }
        catch (Exception fault) when (fault is AuditJournalException or KeyStoreException or ObjectStoreException or AuditFormatException
            or ConfigurationException or RedisException or TimeoutException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await error.WriteLineAsync($"gateway: {fault.Message}");
            return AuditExit.Unreadable;
        }
    }
}
