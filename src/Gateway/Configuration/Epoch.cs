using System.Collections.Frozen;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Policies;

namespace Gateway.Configuration;

/// <summary>
/// One immutable compiled configuration: policies, lexicon and model together. Every exchange runs on exactly one, from
/// its first byte to its record. Nothing else holds on to it: an epoch that was replaced goes with its last exchange.
/// </summary>
internal sealed class Epoch
{
    /// <summary>Identifies the contents: the same files give the same id on every node.</summary>
    public required string Id { get; init; }

    public required Inspector Inspector { get; init; }

    public required FrozenDictionary<string, Policy> Policies { get; init; }

    public required Lexicon Lexicon { get; init; }

    public string LexiconVersion => Lexicon.Version;

    /// <summary>Name and hash of the model; <c>none</c> when the classifier is off.</summary>
    public required string ModelVersion { get; init; }

    public required string FolderVersion { get; init; }
}
