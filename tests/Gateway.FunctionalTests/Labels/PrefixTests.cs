namespace Gateway.FunctionalTests.Labels;

public sealed class PrefixTests(PrefixGateway gateway) : NoticeConformance(gateway), IClassFixture<PrefixGateway>;
