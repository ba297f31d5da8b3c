using Gateway.Inspection.Detectors;

namespace Gateway.Proxy;

/// <summary>A finding and the place it was found in.</summary>
/// <param name="Detection">The finding; offsets count in the field's text.</param>
/// <param name="Field">Path of the text field, or the channel of a stream.</param>
internal readonly record struct FieldFinding(Detection Detection, string Field);
