using System.Collections.Frozen;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Policies;
using Gateway.Tenants;

namespace Gateway.Configuration;

/// <summary>
/// One immutable compiled configuration: policies, lexicon and model together. Every exchange runs on exactly one, from
/// its first byte to its record. Nothing else holds on to it: an epoch that was replaced goes with its last exchange.
/// </summary>
internal sealed class Epoch
{
    /// <summary>Identifies the contents: the same files give the same id on every node.</summary>
    public required string Id { get; init; }

    /// <summary>SHA-256 over all contents, of which <see cref="Id"/> is the beginning: what approvals are about, for two contents of one id can be made by whoever wants them.</summary>
    public required string Content { get; init; }

    public required Inspector Inspector { get; init; }

    /// <summary>Every policy, and how they come together.</summary>
    public required PolicyBook Book { get; init; }

    /// <summary>The policies to come, which judge beside those in force and decide nothing; <see langword="null"/> without any.</summary>
    public PolicyBook? Candidate { get; init; }

    /// <summary>The policies in force as they would be with the shadow model's thresholds; <see langword="null"/> without a shadow.</summary>
    public PolicyBook? Shadow { get; init; }

    public FrozenDictionary<string, Policy> Policies => Book.Policies;

    /// <summary>Who may come in, and under which policies.</summary>
    public TenantBook Tenants { get; init; } = TenantBook.None;

    public required Lexicon Lexicon { get; init; }

    public string LexiconVersion => Lexicon.Version;

    /// <summary>Name and hash of the model; <c>none</c> when the classifier is off.</summary>
    public required string ModelVersion { get; init; }

    /// <summary>The model it judges with; <see langword="null"/> when the classifier is off. Who judges with it takes an <see cref="EpochLease"/>.</summary>
    public ServedModel? Model { get; init; }

    public required string FolderVersion { get; init; }

    /// <summary>It is in force no longer, or never will be: its model goes with the last exchange that holds it.</summary>
    public void Retire() => Model?.Release();
}
