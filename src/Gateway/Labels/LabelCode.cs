using System.Buffers.Text;
using System.Text;

namespace Gateway.Labels;

/// <summary>
/// One way to protect a label: a keyed code or a signature. The text of a code is <c>ALGORITHM.KEY.CODE</c>; a further algorithm
/// (SM3withSM2, for one) is one more class, made by <see cref="LabelKeys"/>.
/// </summary>
internal abstract class LabelCode(string algorithm, string keyId)
{
    /// <summary>Short name of the algorithm, part of each code.</summary>
    public string Algorithm { get; } = algorithm;

    /// <summary>Which key made it, part of each code.</summary>
    public string KeyId { get; } = keyId;

    /// <summary>The code of the producer's part.</summary>
    public string OfProducer(AigcLabel label) => Of(ProducerPart(label));

    /// <summary>The code of the whole: the propagator vouches for what it was given, too.</summary>
    public string OfPropagator(AigcLabel label) => Of(PropagatorPart(label));

    /// <summary>The code of anything else that is to be protected in the same way.</summary>
    public string Of(string statement) => $"{Algorithm}.{KeyId}.{Base64Url.EncodeToString(Sign(Encoding.UTF8.GetBytes(statement)))}";

    /// <summary>Whether a code, without its prefix, is that of a statement. One spelling of it counts, or a flipped bit could go unseen.</summary>
    public bool Verifies(string statement, string code)
    {
        if (!Base64Url.IsValid(code)) return false;
        var bytes = Base64Url.DecodeFromChars(code);
        return Base64Url.EncodeToString(bytes) == code && Verify(Encoding.UTF8.GetBytes(statement), bytes);
    }

    /// <summary>What protects the producer's part. No value has a line break, so none can pass for another.</summary>
    public static string ProducerPart(AigcLabel label) => $"AIGC1\n{label.Label}\n{label.ContentProducer}\n{label.ProduceID}";

    /// <summary>What protects the propagator's part.</summary>
    public static string PropagatorPart(AigcLabel label) =>
        $"AIGC2\n{label.Label}\n{label.ContentProducer}\n{label.ProduceID}\n{label.ReservedCode1}\n{label.ContentPropagator}\n{label.PropagateID}";

    /// <summary>Makes the code.</summary>
    protected abstract byte[] Sign(byte[] statement);

    /// <summary>Checks a code.</summary>
    protected abstract bool Verify(byte[] statement, byte[] code);
}
