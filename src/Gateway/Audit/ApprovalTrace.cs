using System.Text.Json;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;

namespace Gateway.Audit;

/// <summary>
/// Whether this node ran in regulated mode before, as its journal tells. What is remembered beside the journal can be deleted, and then a start would look like the first
/// of all and take whatever it finds; the journal cannot be made to forget.
/// </summary>
internal static class ApprovalTrace
{
    /// <summary>The fact that marks the event of a first start.</summary>
    public const string FirstFact = "firstStart";

    /// <summary>The journal tells of approvals or of a first start, or its beginning, which may, lies in the archive.</summary>
    /// <param name="directory">Directory of the journal.</param>
    public static bool IsIn(string directory)
    {
        if (!Directory.Exists(directory) || !File.Exists(Path.Combine(directory, "instance"))) return false;
        if (JournalStart.Read(directory) is not null) return true;
        using var reader = new JournalReader(directory);
        while (reader.TryRead(out var entry))
        {
            if (entry.Kind == AuditKinds.Event && Tells(entry.Json)) return true;
        }

        return false;
    }

    private static bool Tells(ReadOnlyMemory<byte> json)
    {
        using var read = JsonDocument.Parse(json);
        return read.RootElement.GetProperty("event").GetString() switch
        {
            AuditEvents.EpochApproved or AuditEvents.EpochRejected => true,
            AuditEvents.EpochActivated => read.RootElement.TryGetProperty("facts", out var facts) && facts.TryGetProperty(FirstFact, out _),
            _ => false,
        };
    }
}
