using Gateway.Audit.Journal;

namespace Gateway.Commands;

/// <summary><c>gateway audit tail</c>: the exchanges that changed last, also while the gateway writes.</summary>
internal sealed class AuditTailCommand
{
    /// <summary>Exchanges shown unless another number is given.</summary>
    public const int DefaultCount = 20;

    private readonly string _directory;
    private readonly int _count;
    private readonly bool _asJson;

    /// <summary>Prepares the command.</summary>
    /// <param name="directory">Directory of the journal.</param>
    /// <param name="count">How many exchanges, at least 1.</param>
    /// <param name="asJson">Print one line of JSON each instead of one line of text.</param>
    public AuditTailCommand(string directory, int count, bool asJson)
    {
        _directory = directory;
        _count = count;
        _asJson = asJson;
    }

    /// <summary>Prints the exchanges, the newest at the end.</summary>
    /// <param name="output">Where they go.</param>
    /// <param name="error">Where the reason goes if there are none to print.</param>
    /// <returns>0 printed (maybe none), 2 unreadable.</returns>
    public int Run(TextWriter output, TextWriter error)
    {
        try
        {
            foreach (var record in new ExchangeSearch(_directory).Newest(_count))
                output.WriteLine(_asJson ? record.ToJson() : ExchangeText.Line(record));
            return AuditExit.Good;
        }
        catch (AuditJournalException exception)
        {
            error.WriteLine(exception.Message);
            return AuditExit.Unreadable;
        }
    }
}
