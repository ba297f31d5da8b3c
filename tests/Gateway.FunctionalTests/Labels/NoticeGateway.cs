using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Labels;

/// <summary>The notice goes into the text.</summary>
public abstract class NoticeGateway(string mode) : GuardedGateway
{
    public const string Notice = "（本内容由AI生成）";
    public const string Agreement = "AGB-2026-09";
    public const string UserHeader = "X-End-User";

    public bool IsPrefix => mode == "prefix";

    public string Labelled(string text) => IsPrefix ? $"{Notice}\n\n{text}" : $"{text}\n\n{Notice}";

    protected override GatewaySetup Configure(GatewaySetup setup) => setup with
    {
        Policy = GatewaySetup.PolicyOf(members: ("Label", new JsonObject { ["Risk"] = false, ["AIGC"] = false, ["Mode"] = mode, ["Text"] = Notice, ["Agreements"] = $"OTHER, {Agreement}" })),
        Arguments = [$"--Gateway:EndUser:Header={UserHeader}"],
    };
}
