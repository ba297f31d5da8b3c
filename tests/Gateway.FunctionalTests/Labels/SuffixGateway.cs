namespace Gateway.FunctionalTests.Labels;

/// <summary>The notice after the text.</summary>
public sealed class SuffixGateway() : NoticeGateway("suffix");
