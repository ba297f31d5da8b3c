namespace Gateway.FunctionalTests.Labels;

/// <summary>The notice before the text.</summary>
public sealed class PrefixGateway() : NoticeGateway("prefix");
