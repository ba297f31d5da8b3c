namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:About</c>: what users and authorities are told of the service. A section of <c>Routes</c> says what is different for a route.</summary>
internal sealed class AboutOptions
{
    /// <summary>Who may use it.</summary>
    public string? Audience { get; set; }

    /// <summary>On which occasions and for what.</summary>
    public string? Uses { get; set; }

    /// <summary>What it cannot do.</summary>
    public string? Limitations { get; set; }

    /// <summary>Name of the model with a summary of model and algorithm.</summary>
    public string? Model { get; set; }

    /// <summary>The model's filing, registration or launch number.</summary>
    public string? FilingNumber { get; set; }

    /// <summary>Which personal data is collected, and why.</summary>
    public string? DataCollected { get; set; }

    /// <summary>Where complaints go: telephone, mail, window; with the time in which they are answered.</summary>
    public string? ComplaintChannel { get; set; }

    /// <summary>How to object to the use of input for training.</summary>
    public string? TrainingOptOut { get; set; }

    /// <summary>The route is open to the public: what is missing is said at the start. Default true.</summary>
    public bool? Public { get; set; }

    /// <summary>Answers carry the filing number in the header <c>Gateway-Filing</c>. Default false.</summary>
    public bool Header { get; set; }

    /// <summary>What is different, by id of the route.</summary>
    public Dictionary<string, AboutOptions> Routes { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What holds for a route.</summary>
    public AboutOptions Of(string route)
    {
        if (!Routes.TryGetValue(route, out var own)) return this;
        return new AboutOptions
        {
            Audience = own.Audience ?? Audience,
            Uses = own.Uses ?? Uses,
            Limitations = own.Limitations ?? Limitations,
            Model = own.Model ?? Model,
            FilingNumber = own.FilingNumber ?? FilingNumber,
            DataCollected = own.DataCollected ?? DataCollected,
            ComplaintChannel = own.ComplaintChannel ?? ComplaintChannel,
            TrainingOptOut = own.TrainingOptOut ?? TrainingOptOut,
            Public = own.Public ?? Public,
            Header = Header,
        };
    }

    /// <summary>The facts that must be told, by their names in the document.</summary>
    public IEnumerable<(string Name, string Key, string? Value)> Facts =>
    [
        ("audience", "Audience", Audience),
        ("uses", "Uses", Uses),
        ("limitations", "Limitations", Limitations),
        ("model", "Model", Model),
        ("filing_number", "FilingNumber", FilingNumber),
        ("data_collected", "DataCollected", DataCollected),
        ("complaint_channel", "ComplaintChannel", ComplaintChannel),
    ];
}
