using Gateway.Configuration;
using Gateway.TestSupport;

namespace Gateway.Tests.Configuration;

/// <summary>What approvals come to, and that a restart forgets none of them.</summary>
public sealed class EpochApprovalsTests : IDisposable
{
    private readonly TempDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void TwoPersons_AreTwo_AlsoOverARestart()
    {
        Assert.True(Open().Approve("e", "anna"));
        Assert.False(Open().Approve("e", "Anna"));
        Assert.False(Open().IsApproved("e"));
        Assert.True(Open().Approve("e", "bert"));
        Assert.True(Open().IsApproved("e"));
        Assert.False(Open().IsApproved("f"));
    }

    [Fact]
    public void Rejection_VoidsWhatWasSaidBefore_AlsoOverARestart()
    {
        Open().Approve("e", "anna");
        Open().Reject("e");
        Assert.True(Open().IsRejected("e"));
        Assert.True(Open().Approve("e", "bert"));
        Assert.False(Open().IsApproved("e"));
        Assert.True(Open().Approve("e", "anna"));
        Assert.True(Open().IsApproved("e"));
    }

    [Fact]
    public void FirstStart_IsTakenOnce_AndCountsUntilTwoPersonsHaveApprovedSomething()
    {
        Assert.True(Open().TryTakeFirst("first"));
        Assert.False(Open().TryTakeFirst("second"));
        Assert.Equal((true, false), (Open().IsApproved("first"), Open().IsApprovedByTwo("first")));
        Open().Approve("second", "anna");
        Assert.True(Open().IsApproved("first"));
        Open().Approve("second", "bert");
        Assert.False(Open().IsApproved("first"));
        Open().Approve("first", "anna");
        Open().Approve("first", "bert");
        Assert.True(Open().IsApproved("first"));
    }

    [Fact]
    public void FirstStart_ThatWasRejectedOrIsToBeApproved_IsNotTaken()
    {
        Assert.False(Open(firstStart: "Approve").TryTakeFirst("first"));
        Assert.True(Open().TryTakeFirst("first"));
        Open().Reject("first");
        Assert.False(Open().IsApproved("first"));
        Assert.False(Open().TryTakeFirst("first"));
    }

    [Fact]
    public void Nodes_ThatHearOfOneAnother_ComeToTheSame_InTheOrderOfTheDecisions()
    {
        var (here, there) = (Open(), Open(state: "other"));
        here.Approve("e", "anna");
        Assert.True(there.Merge(here.Decisions));
        Assert.False(there.Approve("e", "Anna"));
        there.Approve("e", "bert");
        there.Reject("f");
        Assert.True(here.Merge(there.Decisions));
        Assert.False(here.Merge(there.Decisions));

        Assert.True(here.IsApprovedByTwo("e") && there.IsApprovedByTwo("e") && Open().IsApprovedByTwo("e"));
        Assert.True(here.IsRejected("f"));
        here.Reject("e");
        there.Merge(here.Decisions);
        Assert.Equal((false, true), (there.IsApprovedByTwo("e"), Open(state: "other").IsRejected("e")));
        Assert.False(there.Merge(new Dictionary<string, string> { ["x"] = "{}", ["y"] = "{\"epoch\":\"e\",\"first\":true}", ["z"] = "torn" }));
    }

    [Fact]
    public void FirstStart_GivesWayToWhatWasApprovedOnAnotherNode()
    {
        var (here, there) = (Open(), Open(state: "other"));
        Assert.True(here.TryTakeFirst("mine"));
        there.Approve("theirs", "anna");
        there.Approve("theirs", "bert");
        here.Merge(there.Decisions);

        Assert.Equal((false, true), (here.IsApproved("mine"), here.IsApproved("theirs")));
        Assert.DoesNotContain("mine", string.Concat(here.Decisions.Values), StringComparison.Ordinal);
    }

    [Fact]
    public void TornLine_IsAskedForAgain()
    {
        Open().Approve("e", "anna");
        File.AppendAllText(Path.Combine(_files["state"], "approvals.jsonl"), "{\"epoch\":\"e\",\"by\":\"be");

        Assert.Equal(["anna"], Open().By("e"));
    }

    [Fact]
    public void OutsideRegulatedMode_NothingWaits()
    {
        var approvals = new EpochApprovals(new GatewayOptions { Sanctions = { State = _files["state"] } });

        Assert.Equal((true, false), (approvals.IsApproved("anything"), approvals.TryTakeFirst("anything")));
    }

    private EpochApprovals Open(string firstStart = "Accept", string state = "state") => new(new GatewayOptions { Regulated = true, Sanctions = { State = _files[state] }, Admin = { FirstStart = firstStart } });
}
