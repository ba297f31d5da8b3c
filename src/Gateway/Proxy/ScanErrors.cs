using Gateway.Configuration;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>Says what is wrong with a request body, without quoting it.</summary>
internal static class ScanErrors
{
    public static GatewayError Of(ScannedJson scanned, LimitsOptions limits) => scanned.Fault switch
    {
        ScanFault.TooDeep => GatewayError.BadRequest("json_too_deep", $"The body nests deeper than {limits.JsonDepth} levels."),
        ScanFault.TooManyFields => GatewayError.TooLarge("too_many_fields", $"The body holds more than {limits.TextFields} strings."),
        ScanFault.DuplicateProperty => GatewayError.BadRequest(
            "duplicate_property", "One object holds the same property twice; send it once.", scanned.FaultPath),
        ScanFault.WrongType => GatewayError.BadRequest(
            "wrong_type", $"The value of '{Name(scanned.FaultPath)}' has the wrong JSON type.{(scanned.FaultRemedy is null ? "" : " " + scanned.FaultRemedy)}", scanned.FaultPath),
        ScanFault.MissingProperty => GatewayError.BadRequest(
            "missing_property", $"The property '{scanned.FaultPath}' is missing.", scanned.FaultPath),
        ScanFault.InvalidText => GatewayError.BadRequest("invalid_text", "A string of the body is not valid Unicode (a lone surrogate)."),
        _ => GatewayError.BadRequest(
            "invalid_json", $"The body is not valid JSON (line {scanned.FaultPosition.Line}, byte {scanned.FaultPosition.Byte})."),
    };

    private static string Name(string? path) => string.IsNullOrEmpty(path) ? "body" : path;
}
