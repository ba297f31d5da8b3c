using Gateway.Audit.Journal;

namespace Gateway.Audit.Tests;

/// <summary>Counts the whole process's allocations, so it runs by itself.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    [Fact]
    public async Task Append_WarmedUp_AllocatesNextToNothingOfItsOwn()
    {
        using var directory = new TemporaryDirectory();
        await using var journal = await AuditJournal.OpenAsync(directory.Path);
        var deliveries = Enumerable.Range(0, 64).Select(index => Entries.Delivery("x", index)).ToArray();
        for (var warm = 0; warm < 20; warm++) await Round();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var round = 0; round < 50; round++) await Round();
        var each = (GC.GetTotalAllocatedBytes(precise: true) - before) / (50 * 64);
        Assert.True(each <= 64, $"{each} bytes an entry");

        async Task Round()
        {
            for (var index = 0; index < 63; index++) await journal.EnqueueAsync(deliveries[index]);
            await journal.AppendAsync(deliveries[63]);
        }
    }
}
