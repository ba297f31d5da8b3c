using System.Buffers;
using System.Text.Json;
using Gateway.Audit.Records;
using Gateway.Inspection.Policies;
using Gateway.Labels;

namespace Gateway.Proxy;

/// <summary>
/// The machine-readable labels of one answer: ours, or the one that the model server sent, which is kept, replaced or completed, and
/// never doubled.
/// </summary>
internal sealed class ContentLabel
{
    /// <summary>No label.</summary>
    public const string None = "none";

    private const string Written = "written";
    private const string Kept = "kept";
    private const string Replaced = "replaced";
    private const string Propagated = "propagated";

    private readonly Exchange _exchange;
    private readonly ContentLabels _labels;
    private readonly bool _replaces;
    private string _kind = None;
    private string? _upstream;
    private AigcLabel? _own;
    private AigcLabel? _inForce; // what the answer carries, as far as is known
    private bool _isOut;
    private bool _hasMet;

    private ContentLabel(Exchange exchange, ContentLabels labels) => (_exchange, _labels, _replaces) = (exchange, labels, labels.Replaces);

    /// <summary>What the record says of it.</summary>
    public LabelRecord Record => new()
    {
        Kind = _kind,
        Upstream = _upstream,
        Key = _kind is Written or Replaced or Propagated ? _labels.KeyName : null,
    };

    /// <summary>The first event of a stream carries the label, too.</summary>
    public bool BeginsStream => _labels.BeginsStreams && !_hasMet;

    /// <summary>Ours. Made once: a signature is another each time, and wherever the label stands it must be the same.</summary>
    private AigcLabel Own => _own ??= _labels.Make(_exchange.Id);

    private bool IsCn => _exchange.Policy.LabelProfile != LabelProfile.Eu;

    private bool IsEu => _exchange.Policy.LabelProfile != LabelProfile.Cn;

    /// <summary>The labels of an answer that a model made; <see langword="null"/> where policy and settings want none.</summary>
    public static ContentLabel? For(Exchange exchange, ContentLabels labels)
    {
        var policy = exchange.Policy;
        if (!policy.ContentLabel || !exchange.Operation.IsGenerated || exchange.Status is < 200 or >= 300) return null;
        return policy.LabelProfile != LabelProfile.Cn || labels.Producer is not null || labels.Propagator is not null ? new ContentLabel(exchange, labels) : null;
    }

    /// <summary>The answer will carry our label: for a record that is written before it does.</summary>
    public void Expect()
    {
        if (!_hasMet && _kind == None && (IsEu || _labels.Producer is not null)) _kind = Written;
    }

    /// <summary>
    /// What the header says: the label that a whole answer carries, or that a stream is going to. A label that the model server sends later than the headers
    /// leave is not in it.
    /// </summary>
    /// <returns><see langword="null"/> for no header.</returns>
    public string? Header(bool isStream)
    {
        if (!_labels.HasHeader || !IsCn) return null;
        if (_inForce is null && isStream && !_hasMet && _labels.Producer is not null)
        {
            Expect();
            return Own.ToHeader();
        }

        return _inForce?.ToHeader();
    }

    /// <summary>Writes the members.</summary>
    public void Write(Utf8JsonWriter json)
    {
        if (IsCn && !_hasMet && _labels.Producer is not null)
        {
            json.WritePropertyName(AigcLabel.MemberName);
            Own.Write(json);
            (_isOut, _inForce) = (true, Own);
        }

        if (IsEu) _labels.WriteEu(json, _exchange.Id, _exchange.Model ?? "unknown", _exchange.StartedAt);
        Expect();
    }

    /// <summary>Settles a body's label with the model server.</summary>
    public ReadOnlyMemory<byte> Settle(ReadOnlyMemory<byte> body)
    {
        if (Meet(body.Span) is not { } edit) return body;
        var settled = new ArrayBufferWriter<byte>(body.Length + edit.Replacement.Length);
        settled.Write(body.Span[..edit.Start]);
        settled.Write(edit.Replacement);
        settled.Write(body.Span[edit.End..]);
        return settled.WrittenMemory;
    }

    /// <summary>Looks for a label that the model server wrote into a body or event.</summary>
    /// <returns>What is to be changed about it; <see langword="null"/> for nothing.</returns>
    public (int Start, int End, byte[] Replacement)? Meet(ReadOnlySpan<byte> json)
    {
        if (!IsCn || AigcMember.Find(json) is not { } member) return null;
        var label = member.Read(json);
        if (_isOut || (_hasMet && _kind == Replaced))
        {
            // Only one label may be kept, and ours is with the client.
            (_kind, _upstream) = (Replaced, _upstream ?? label?.ProduceID);
            var (start, end) = member.Removal(json);
            return (start, end, []);
        }

        if (_hasMet) return null;
        (_hasMet, _upstream, _inForce) = (true, label?.ProduceID, label);
        if (_labels.Producer is not null && (_replaces || label is null or { ProduceID.Length: 0 } or { ContentProducer.Length: 0 }))
        {
            (_kind, _inForce) = (Replaced, Own);
            return (member.ValueStart, member.End, Own.ToBytes());
        }

        if (_labels.Propagator is not null && label is { IsPropagated: false })
        {
            (_kind, _inForce) = (Propagated, _labels.Propagate(label, _exchange.Id));
            return (member.ValueStart, member.End, _inForce.ToBytes());
        }

        _kind = Kept;
        return null;
    }
}
