using System.Text.Json.Serialization;

namespace Gateway.Sanctions;

[JsonSourceGenerationOptions(UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StandingFile.Line))]
internal sealed partial class LedgerJsonContext : JsonSerializerContext;
