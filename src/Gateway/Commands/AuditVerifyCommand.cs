using System.Globalization;
using Gateway.Audit.Verification;

namespace Gateway.Commands;

/// <summary><c>gateway audit verify DIR</c>: whether a journal, or a copy of one, is as it was written.</summary>
internal sealed class AuditVerifyCommand
{
    private readonly string _directory;

    /// <summary>Prepares the command.</summary>
    /// <param name="directory">Directory of the journal.</param>
    public AuditVerifyCommand(string directory) => _directory = directory;

    /// <summary>Verifies and says what is proven and what is not.</summary>
    /// <param name="output">Where the answer goes.</param>
    /// <param name="error">Where the reason goes if there is no answer.</param>
    /// <returns>0 sound, 1 broken, 2 unreadable.</returns>
    public int Run(TextWriter output, TextWriter error)
    {
        var found = JournalVerifier.Verify(_directory);
        switch (found.Soundness)
        {
            case JournalSoundness.Unreadable:
                error.WriteLine($"unreadable: {found.Problem}");
                return AuditExit.Unreadable;
            case JournalSoundness.Broken:
                output.WriteLine($"broken: {found.Fault}");
                output.WriteLine(Line($"{found.Entries} entries before it fit."));
                return AuditExit.Bad;
            default:
                output.WriteLine(Line($"sound: {found.Entries} entries of {found.Exchanges} exchanges, journal {found.Instance}"));
                output.WriteLine(Line($"head: entry {found.Last.Sequence}, {found.Last.Hash}"));
                if (found.OpenExchanges > 0)
                    output.WriteLine(Line($"note: {found.OpenExchanges} exchanges have no close: they are running, or the next start closes them as lost."));
                if (found.TornBytes > 0)
                    output.WriteLine(Line($"note: {found.TornBytes} bytes of an unfinished entry at the end: being written, or interrupted; the next start cuts them off."));
                output.WriteLine($"proven: {JournalVerifier.Proven}.");
                output.WriteLine($"not proven: {JournalVerifier.NotProven}.");
                return AuditExit.Good;
        }
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
