namespace Gateway.Inspection.Policies;

/// <summary>A row of <see cref="PolicyBook.Explain"/>.</summary>
/// <param name="Key">The place: <c>OnFault</c>, <c>Prompt:Thresholds:any:Block</c>.</param>
/// <param name="Value">The value in force, as written.</param>
/// <param name="Source">Where it comes from: <c>strict.json (tenant)</c>, <c>built in</c>, <c>model</c>.</param>
/// <param name="Overruled">What the base overruled; <see langword="null"/> where nothing.</param>
public sealed record PolicyRow(string Key, string Value, string Source, string? Overruled);
