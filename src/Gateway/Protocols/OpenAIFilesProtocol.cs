namespace Gateway.Protocols;

/// <summary>Files, batches and their results, realtime sessions: refused by name, because nothing in them would be judged.</summary>
internal sealed class OpenAIFilesProtocol : OpenAIProtocol
{
    public override string Name => "openai-files";

    public override IReadOnlyList<Operation> Operations { get; } =
    [
        .. Refused("files", GatewayError.Files, "POST", Under("files")),
        .. Refused("files", GatewayError.Files, "GET", [.. Under("files"), .. Under("files/{id}"), .. Under("files/{id}/content")]),
        .. Refused("files", GatewayError.Files, "DELETE", Under("files/{id}")),
        .. Refused("uploads", GatewayError.Files, "POST", [.. Under("uploads"), .. Under("uploads/{id}/parts"), .. Under("uploads/{id}/complete")]),
        .. Refused("batches", GatewayError.Files, "POST", [.. Under("batches"), .. Under("batches/{id}/cancel"), "/v1/messages/batches"]),
        .. Refused("batches", GatewayError.Files, "GET",
            [.. Under("batches"), .. Under("batches/{id}"), "/v1/messages/batches", "/v1/messages/batches/{id}", "/v1/messages/batches/{id}/results"]),
        .. Refused("realtime", GatewayError.WebSocket, "GET", Under("realtime")),
        .. Refused("realtime", GatewayError.WebSocket, "POST", [.. Under("realtime/sessions"), .. Under("realtime/client_secrets"), .. Under("realtime/calls")]),
    ];

    private static Operation[] Refused(string name, GatewayError error, string method, string[] paths) => [new(name, method, paths) { Refusal = error }];

    private static string[] Under(string endpoint) => [$"/v1/{endpoint}", $"/openai/v1/{endpoint}", $"/openai/{endpoint}", $"/compatible-mode/v1/{endpoint}"];
}
