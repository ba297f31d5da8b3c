using System.Collections.Frozen;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;

namespace Gateway.Inspection.Tests.Detectors;

public sealed class PersonalDataDetectorTests
{
    private const string PrivateKey = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq1\nx2c+/=\n-----END RSA PRIVATE KEY-----";
    private const string ApiKey = "sk-proj-4f8Qz2LkT9vXb7NcR1mWy6Hd";

    public static TheoryData<string, string, string> Finds => new()
    {
        { "证件号11010519491231002X。", "id-card", "11010519491231002X" },
        { "call 13812345678 now", "phone", "13812345678" },
        { "call +86 138-1234-5678 now", "phone", "+86 138-1234-5678" },
        { "电话010-62345678。", "phone", "010-62345678" },
        { "card 4111111111111111.", "bank-card", "4111111111111111" },
        { "card 6222 0212 3456 7890 128 ok", "bank-card", "6222 0212 3456 7890 128" },
        { "护照E12345678，", "passport", "E12345678" },
        { "mail ann.b+c@mail.example.org.", "email", "ann.b+c@mail.example.org" },
        { "host 192.168.10.254, ok", "ip", "192.168.10.254" },
        { "host 2001:db8:85a3::8a2e:370:7334 ok", "ip", "2001:db8:85a3::8a2e:370:7334" },
        { "代码91350100M000100Y43。", "credit-code", "91350100M000100Y43" },
        { $"key {ApiKey} x", "api-key", ApiKey },
        { "id AKIAIOSFODNN7EXAMPLE.", "api-key", "AKIAIOSFODNN7EXAMPLE" },
        { $"so: {PrivateKey} end", "private-key", PrivateKey },
    };

    [Theory]
    [MemberData(nameof(Finds))]
    public void Detect_Pattern_IsFoundWithItsPlace(string text, string kind, string expected)
    {
        var found = Assert.Single(Whole(text));

        Assert.Equal((kind, expected), (found.Rule, text.Substring(found.Start, found.Length)));
        Assert.Equal(PersonalDataKinds.RiskOf(kind), found.Risk);
    }

    [Theory]
    [InlineData("证件号110105194912310021。")] // wrong check digit
    [InlineData("card 4111111111111112.")]
    [InlineData("代码91350100M000100Y44。")]
    [InlineData("99913812345678")]
    [InlineData("at 12:30:45 on 2024-06-30, version 3.14")]
    [InlineData("std::vector<int> a; ::x")]
    [InlineData("a task-list, desk-lamp, SG. eyJ")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----")]
    [InlineData("300.400.500.600")]
    public void Detect_WhatOnlyLooksLikeOne_IsNotFound(string text) => Assert.Empty(Whole(text));

    [Theory]
    [MemberData(nameof(Finds))]
    public void Stream_CutAnywhere_HoldsAllOfAPatternUntilItIsFound(string text, string kind, string expected)
    {
        var detector = new PersonalDataDetector();
        for (var size = 1; size <= text.Length; size++)
        {
            var (passed, found) = (0, new List<(int Start, int Length)>());
            for (var end = size; ; end += size)
            {
                end = Math.Min(end, text.Length);
                var from = Math.Max(0, passed - detector.Context);
                var list = new DetectionList();
                var window = new TextWindow(text.AsMemory(from, end - from), passed - from, end == text.Length, TextSide.Response);
                var held = Run(detector, window, list);
                foreach (var item in list.ToArray())
                {
                    Assert.Equal(kind, item.Rule);
                    // Held for the sake of another kind, a finding may be shown again; whoever holds the text knows it by its place.
                    if (found.Contains((from + item.Start, item.Length))) continue;
                    Assert.True(from + item.Start >= passed, $"Size {size}: a part of it had left.");
                    found.Add((from + item.Start, item.Length));
                }

                passed = end - held;
                if (end == text.Length) break;
            }

            Assert.Equal((text.IndexOf(expected, StringComparison.Ordinal), expected.Length), Assert.Single(found));
            Assert.Equal(text.Length, passed);
        }
    }

    [Fact]
    public void Stream_WatchedKinds_HoldNothing()
    {
        Assert.Equal(0, Held("call 1381234", []));
        Assert.Equal(0, Held("-----BEGIN PRIVATE KEY-----", []));
    }

    [Fact]
    public void Stream_PlainWords_AreHardlyHeld()
    {
        string[] keys = [.. new Policy { Name = "default" }.PatternsHeld];
        Assert.Equal([PersonalDataKinds.ApiKey, PersonalDataKinds.PrivateKey], keys.Order(StringComparer.Ordinal));
        Assert.Equal(0, Held("A plain sentence of words", keys));
        Assert.Equal(1, Held("A plain s", keys));
        Assert.Equal(0, Held("这是一句平常的话。", keys));
    }

    /// <summary>What one policy masks is not held for the others: kinds are those of the exchange's own policy.</summary>
    [Fact]
    public void PatternsHeld_PolicyThatMasksMore_HoldsMore()
    {
        var plain = new Policy { Name = "default" };
        var strict = plain with { PersonalData = Policy.DefaultPersonalData.ToDictionary(pair => pair.Key, _ => PatternAction.Mask).ToFrozenDictionary() };
        Assert.Equal(PersonalDataKinds.All.Order(StringComparer.Ordinal), strict.PatternsHeld.Order(StringComparer.Ordinal));
        Assert.Equal((0, 4), (Held("write to anna", [.. plain.PatternsHeld]), Held("write to anna", [.. strict.PatternsHeld])));
    }

    [Fact]
    public void PrivateKey_WithoutItsEnd_IsFoundWhenNothingFollows() =>
        Assert.Equal("-----BEGIN PRIVATE KEY-----\nMIIE", "see -----BEGIN PRIVATE KEY-----\nMIIE".Substring(Assert.Single(Whole("see -----BEGIN PRIVATE KEY-----\nMIIE")).Start));

    private static int Held(string text, string[] kinds) =>
        Run(new PersonalDataDetector(), new TextWindow(text.AsMemory(), 0, false, TextSide.Response) { PatternsHeld = kinds.ToFrozenSet() }, new DetectionList());

    private static Detection[] Whole(string text)
    {
        var list = new DetectionList();
        Run(new PersonalDataDetector(), TextWindow.Whole(text.AsMemory(), TextSide.Response), list);
        return list.ToArray();
    }

    private static int Run(PersonalDataDetector detector, TextWindow window, DetectionList list)
    {
        var pending = detector.DetectAsync(window, list, CancellationToken.None).AsTask();
        Assert.True(pending.IsCompletedSuccessfully);
        return pending.GetAwaiter().GetResult();
    }
}
