using System.Text.Json;
using Gateway.Audit.Keys;
using Gateway.Configuration;
using Gateway.Labels;

namespace Gateway.Tests.Labels;

/// <summary>Row 19: integrity of the label.</summary>
public sealed class LabelIntegrityTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-labels-").FullName;
    private readonly MasterKey _master;

    public LabelIntegrityTests() => _master = MasterKey.Mint(Path.Combine(_directory, "master.key"));

    private LabelKeys Keys => new(_directory, _master);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("hs256")]
    [InlineData("es256")]
    public void Row19_OneFlippedCharacterOfAnyField_FailsVerification(string algorithm)
    {
        var label = Made(algorithm);
        Assert.Equal(LabelCheck.Sound, LabelCheck.Of(label, Keys).Verdict);
        var values = label.Values.ToArray();
        for (var field = 0; field < values.Length; field++)
        {
            for (var at = 0; at < values[field].Length; at++)
            {
                var flipped = values[field].ToCharArray();
                flipped[at] = flipped[at] == 'A' ? 'B' : 'A';
                var altered = With(values, field, new string(flipped));
                Assert.True(LabelCheck.Of(altered, Keys).Verdict != LabelCheck.Sound, $"{AigcLabel.Names[field]} at {at}: {new string(flipped)}");
            }

            Assert.NotEqual(LabelCheck.Sound, LabelCheck.Of(With(values, field, ""), Keys).Verdict);
        }
    }

    [Theory]
    [InlineData("hs256", "hs256")]
    [InlineData("hs256", "es256")]
    [InlineData("es256", "es256")]
    public void Row19_KeyRotation_KeepsOldLabelsVerifiable(string first, string second)
    {
        var old = Made(first);
        var code = Keys.Rotate(second);

        Assert.Equal(code.KeyId, Keys.OpenOrMint(second).KeyId);
        var label = new AigcLabel { ContentProducer = "P", ProduceID = "2" };
        label = label with { ReservedCode1 = code.OfProducer(label) };
        Assert.Equal(LabelCheck.Sound, LabelCheck.Of(old, Keys).Verdict);
        Assert.Equal(LabelCheck.Sound, LabelCheck.Of(label, Keys).Verdict);
        Assert.NotEqual(KeyOf(old.ReservedCode1), KeyOf(label.ReservedCode1));
    }

    [Fact]
    public void Row19_ASignature_IsVerifiedWithThePublicKeyAlone()
    {
        var label = Made("es256");
        var elsewhere = Directory.CreateDirectory(Path.Combine(_directory, "elsewhere")).FullName;
        var verifier = new LabelKeys(elsewhere, null);

        Assert.Equal(LabelCheck.Unprovable, LabelCheck.Of(label, verifier).Verdict);
        verifier.Trust(Directory.EnumerateFiles(_directory, "label-*.pub.pem").Single());
        Assert.Equal(LabelCheck.Sound, LabelCheck.Of(label, verifier).Verdict);
    }

    [Fact]
    public void Row19_AnotherMasterKey_ProvesNothing()
    {
        var other = MasterKey.Mint(Path.Combine(_directory, "other.key"));

        Assert.Equal(LabelCheck.Broken, LabelCheck.Of(Made("hs256"), new LabelKeys(_directory, other)).Verdict);
    }

    [Fact]
    public void Row23_Propagation_LeavesTheProducersPartAsItWas()
    {
        var labels = new ContentLabels(new GatewayOptions
        {
            Audit = new AuditOptions { Directory = Path.Combine(_directory, "audit"), Keys = _directory },
            Label = new LabelOptions { Propagator = "PLATFORM" },
        });
        var before = new AigcLabel { Label = "2", ContentProducer = "doubao", ProduceID = "x-1", ReservedCode1 = "whatever" };

        var after = labels.Propagate(before, "p-1");

        Assert.Equal(before.Values.Take(4), after.Values.Take(4));
        Assert.Equal(("PLATFORM", "p-1"), (after.ContentPropagator, after.PropagateID));
        Assert.NotEqual("", after.ReservedCode2);
    }

    [Theory]
    [InlineData("""{"Label":"1","ContentProducer":"P","ProduceID":"1","ReservedCode1":"","ContentPropagator":"","PropagateID":"","ReservedCode2":""}""", null)]
    [InlineData("""{"Label":"1","ContentProducer":"P","ProduceID":"1","ReservedCode1":"","ContentPropagator":"","PropagateID":""}""", "ReservedCode2 is missing")]
    [InlineData("""{"Label":"1","ContentProducer":"P","ProduceID":"1","ReservedCode1":"","ContentPropagator":"","PropagateID":"","ReservedCode2":"","More":""}""", "More is not one of the seven")]
    [InlineData("""{"Label":"4","ContentProducer":"P","ProduceID":"1","ReservedCode1":"","ContentPropagator":"","PropagateID":"","ReservedCode2":""}""", "Label is not 1, 2 or 3")]
    [InlineData("""{"Label":"1","ContentProducer":"","ProduceID":"1","ReservedCode1":"","ContentPropagator":"","PropagateID":"","ReservedCode2":""}""", "ContentProducer is empty")]
    [InlineData("""{"Label":"1","ContentProducer":"a b","ProduceID":"1","ReservedCode1":"","ContentPropagator":"","PropagateID":"","ReservedCode2":""}""", "outside 0x21 to 0x7E")]
    [InlineData("""{"Label":1}""", "Label is not a string")]
    public void Row17_Label_IsHeldToItsSchema(string json, string? fault)
    {
        AigcLabel.Read(JsonDocument.Parse(json).RootElement, out var found);

        if (fault is null) Assert.Null(found);
        else Assert.Contains(fault, found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a":1,"AIGC":{"Label":"1"}}""", """{"a":1}""")]
    [InlineData("""{"AIGC":{"Label":"1"} , "a":1}""", """{ "a":1}""")]
    [InlineData("""{"AIGC":{"Label":"1"}}""", "{}")]
    public void Row17_Member_IsTakenOutWithItsComma(string json, string rest)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(json);
        var (start, end) = AigcMember.Find(bytes)!.Value.Removal(bytes);

        Assert.Equal(rest, json.Remove(start, end - start));
    }

    [Theory]
    [InlineData("""{"text":"say \"AIGC\": {}"}""")]
    [InlineData("""{"message":{"AIGC":{"Label":"1"}}}""")]
    [InlineData("""["AIGC"]""")]
    public void Row17_TextThatQuotesALabel_IsNone(string json) => Assert.Null(AigcMember.Find(System.Text.Encoding.UTF8.GetBytes(json)));

    private AigcLabel Made(string algorithm)
    {
        var code = Keys.OpenOrMint(algorithm);
        var label = new AigcLabel { ContentProducer = ProviderCodes.Valid, ProduceID = "0199a0b0-1111-7000-8000-00000000aaaa" };
        label = label with { ReservedCode1 = code.OfProducer(label), ContentPropagator = "PLATFORM", PropagateID = "7" };
        return label with { ReservedCode2 = code.OfPropagator(label) };
    }

    private static AigcLabel With(string[] values, int field, string value)
    {
        var changed = values.ToArray();
        changed[field] = value;
        return new AigcLabel
        {
            Label = changed[0],
            ContentProducer = changed[1],
            ProduceID = changed[2],
            ReservedCode1 = changed[3],
            ContentPropagator = changed[4],
            PropagateID = changed[5],
            ReservedCode2 = changed[6],
        };
    }

    private static string KeyOf(string code) => code[..code.LastIndexOf('.')];
}
