using Gateway.Configuration;
using Gateway.Labels;

namespace Gateway.Tests.Labels;

/// <summary>Row 20: the provider code is checked and never made up.</summary>
public sealed class ProviderCodeTests
{
    [Theory]
    [InlineData("91110000MA00ABCD1", "1MOD1")]
    [InlineData("12345678901234567", "20000")]
    [InlineData("91440300MA5FABCDX", "00000")]
    public void Row20_CodeWithARightCheckCharacter_Passes(string seventeen, string extension)
    {
        var code = ProviderCodes.Of(seventeen, extension);

        Assert.True(ProviderCode.IsMeant(code));
        Assert.Null(ProviderCode.Fault(code));
        Assert.Null(ProviderCode.Doubt(code));
        Assert.Empty(LabelSettings.Faults(new LabelOptions { Producer = code }, isRegulated: true));
    }

    [Fact]
    public void Row20_OneChangedDigit_Fails()
    {
        var code = ProviderCodes.Of("91110000123456789", "1MOD1");
        for (var at = 0; at < 22; at++)
        {
            if (!char.IsAsciiDigit(code[at])) continue;
            var changed = code.ToCharArray();
            changed[at] = (char)('0' + ((code[at] - '0' + 1) % 10));
            Assert.True(ProviderCode.IsMeant(new string(changed)));
            Assert.NotNull(ProviderCode.Fault(new string(changed)));
            Assert.Single(LabelSettings.Faults(new LabelOptions { Producer = new string(changed) }, isRegulated: false));
        }
    }

    [Fact]
    public void Row20_ZeroInPosition23_Warns()
    {
        var code = ProviderCodes.Of("91110000MA00ABCD1", "00001");

        Assert.Null(ProviderCode.Fault(code));
        Assert.NotNull(ProviderCode.Doubt(code));
        Assert.Contains("character 23 is 0", Assert.Single(LabelSettings.Warnings(new LabelOptions { Producer = code })), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3MOD1")]
    [InlineData("1mod1")]
    public void Row20_WrongServiceOrExtension_Fails(string extension) =>
        Assert.NotNull(ProviderCode.Fault(ProviderCodes.Of("91110000MA00ABCD1", extension)));

    [Fact]
    public void Row20_Placeholder_IsAcceptedInDevelopmentOnly()
    {
        var options = new LabelOptions { Producer = "DEMO" };

        Assert.Empty(LabelSettings.Faults(options, isRegulated: false));
        Assert.Contains("no provider code", Assert.Single(LabelSettings.Warnings(options)), StringComparison.Ordinal);
        var (key, value, remedy) = Assert.Single(LabelSettings.Faults(options, isRegulated: true));
        Assert.Equal(("Label:Producer", "DEMO"), (key, value));
        Assert.Contains("regulated", remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("DEMO")]
    public void Row20_WhereALabelIsRequired_NothingButACodeStarts(string? producer)
    {
        var (key, _, remedy) = Assert.Single(LabelSettings.Faults(new LabelOptions { Producer = producer, Required = true }, isRegulated: false));
        Assert.Equal("Label:Producer", key);
        Assert.Contains("Gateway:Label:Required is true", remedy, StringComparison.Ordinal);
        Assert.Empty(LabelSettings.Faults(new LabelOptions { Producer = ProviderCodes.Valid, Required = true }, isRegulated: false));
    }

    [Fact]
    public void Row20_RegulatedMode_StartsWithACodeOnly_UnlessSomebodyWroteOtherwise()
    {
        var (key, _, remedy) = Assert.Single(LabelSettings.Faults(new LabelOptions(), isRegulated: true));
        Assert.Equal("Label:Producer", key);
        Assert.Contains("Gateway:Label:Required=false", remedy, StringComparison.Ordinal);
        Assert.Empty(LabelSettings.Faults(new LabelOptions { Required = false }, isRegulated: true));
        Assert.Empty(LabelSettings.Faults(new LabelOptions { Producer = ProviderCodes.Valid }, isRegulated: true));
        Assert.Empty(LabelSettings.Faults(new LabelOptions(), isRegulated: false));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\\b")]
    [InlineData("a\"b")]
    [InlineData("\u67D0\u516C\u53F8")]
    public void Row17_NameOutsideTheCharacterSet_IsRefused(string name) =>
        Assert.Single(LabelSettings.Faults(new LabelOptions { Producer = name }, isRegulated: false));
}
