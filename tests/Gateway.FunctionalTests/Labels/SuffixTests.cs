namespace Gateway.FunctionalTests.Labels;

public sealed class SuffixTests(SuffixGateway gateway) : NoticeConformance(gateway), IClassFixture<SuffixGateway>;
