using Gateway.Audit.Journal;

namespace Gateway.Commands;

/// <summary><c>gateway audit show ID</c>: the record of one exchange, also while the gateway writes.</summary>
internal sealed class AuditShowCommand
{
    private readonly string _directory;
    private readonly string _id;
    private readonly bool _asJson;

    /// <summary>Prepares the command.</summary>
    /// <param name="directory">Directory of the journal.</param>
    /// <param name="id">Id of the exchange.</param>
    /// <param name="asJson">Print one line of JSON.</param>
    public AuditShowCommand(string directory, string id, bool asJson)
    {
        _directory = directory;
        _id = id;
        _asJson = asJson;
    }

    /// <summary>Prints the record.</summary>
    /// <param name="output">Where the record goes.</param>
    /// <param name="error">Where the reason goes if there is none.</param>
    /// <returns>0 found, 1 not found, 2 unreadable.</returns>
    public int Run(TextWriter output, TextWriter error)
    {
        try
        {
            var record = new ExchangeSearch(_directory).Find(_id);
            if (record is null)
            {
                error.WriteLine($"There is no exchange {_id} in {_directory}.");
                return AuditExit.Bad;
            }

            if (_asJson) output.WriteLine(record.ToJson());
            else ExchangeText.Write(record, output);
            return AuditExit.Good;
        }
        catch (AuditJournalException exception)
        {
            error.WriteLine(exception.Message);
            return AuditExit.Unreadable;
        }
    }
}
