using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Care;

/// <summary>A companion service with a crisis path, in front of the starter lexicon and the shipped policies' own texts.</summary>
public sealed class CareGateway : GuardedGateway
{
    public const string UserHeader = "X-User";
    public const string MinorHeader = "X-Minor";
    public const string Helpline = "Helpline 123456";

    /// <summary>Takes what the gateway tells of crises.</summary>
    public StubModelServer Hook { get; private set; } = null!;

    /// <summary>The first so many calls of the hook fail.</summary>
    public int Failures { get; set; }

    protected override GatewaySetup Configure(GatewaySetup setup)
    {
        Hook = StubModelServer.StartAsync().GetAwaiter().GetResult();
        Hook.Fallback = call =>
        {
            var fails = Failures > 0;
            if (fails) Failures--;
            return call.AnswerAsync("{}"u8.ToArray(), fails ? 503 : 200);
        };
        return setup with
        {
            Policy = GatewaySetup.PolicyOf(members:
            [
                ("Session", new JsonObject { ["Companion"] = true, ["Exit"] = "退出, bye", ["Farewell"] = "The end.", ["Notice"] = "You talk to an AI." }),
                ("Crisis", new JsonObject { ["Answer"] = "You are not alone.", ["Helplines"] = $"{Helpline}; Second line", ["Webhook"] = new Uri(Hook.Address, "/hook").ToString() }),
            ]),
            Arguments =
            [
                $"--Gateway:EndUser:Header={UserHeader}", $"--Gateway:EndUser:MinorHeader={MinorHeader}", "--Gateway:Crisis:DelayMilliseconds=1",
                "--lexicons", Path.Combine(Repository.Root, "deploy", "lexicons", "starter"),
            ],
        };
    }
}
