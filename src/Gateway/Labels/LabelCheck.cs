namespace Gateway.Labels;

/// <summary>What a check of a label came to.</summary>
/// <param name="Verdict"><c>sound</c>, <c>broken</c>, or <c>unprovable</c> where a part has no code or its key is not here.</param>
/// <param name="Detail">What was found, part by part.</param>
internal sealed record LabelCheck(string Verdict, string Detail)
{
    public const string Sound = "sound";
    public const string Broken = "broken";
    public const string Unprovable = "unprovable";

    /// <summary>Checks both parts of a label.</summary>
    public static LabelCheck Of(AigcLabel label, LabelKeys keys)
    {
        var producer = Part("producer part", label.ReservedCode1, LabelCode.ProducerPart(label), keys);
        if (!label.IsPropagated && label.ReservedCode2.Length == 0) return producer;
        var propagator = Part("propagator part", label.ReservedCode2, LabelCode.PropagatorPart(label), keys);
        var verdict = producer.Verdict == Broken || propagator.Verdict == Broken ? Broken
            : producer.Verdict == Sound && propagator.Verdict == Sound ? Sound
            : Unprovable;
        return new LabelCheck(verdict, $"{producer.Detail}; {propagator.Detail}");
    }

    private static LabelCheck Part(string name, string code, string statement, LabelKeys keys)
    {
        if (code.Length == 0) return new LabelCheck(Unprovable, $"{name}: no integrity code");
        if (code.Split('.') is not [var algorithm, var id, var value]) return new LabelCheck(Unprovable, $"{name}: its integrity code is not of this gateway's form");
        if (keys.Find(algorithm, id) is not { } key) return new LabelCheck(Unprovable, $"{name}: key {algorithm}.{id} is not here");
        return key.Verifies(statement, value) ? new LabelCheck(Sound, $"{name}: as key {algorithm}.{id} left it") : new LabelCheck(Broken, $"{name}: altered, or its code is");
    }
}
