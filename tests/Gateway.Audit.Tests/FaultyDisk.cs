using Gateway.Audit.Journal;

namespace Gateway.Audit.Tests;

/// <summary>A disk whose Nth operation fails, and all after it.</summary>
internal sealed class FaultyDisk(int failAt, bool canCut)
{
    private int _operations;

    public bool HasFailed { get; private set; }

    public SegmentFile Open(string path, long length) => new Segment(this, path, length);

    private bool Fails() => HasFailed |= Interlocked.Increment(ref _operations) >= failAt;

    private sealed class Segment(FaultyDisk disk, string path, long length) : SegmentFile(path, length)
    {
        public override void Append(ReadOnlySpan<byte> bytes)
        {
            if (!disk.Fails())
            {
                base.Append(bytes);
                return;
            }

            base.Append(bytes[..(bytes.Length / 2)]);
            throw new IOException("No space left on device.");
        }

        public override void Flush()
        {
            if (disk.Fails()) throw new IOException("Input/output error.");
            base.Flush();
        }

        public override void Truncate(long length)
        {
            if (!canCutNow) throw new IOException("Input/output error.");
            base.Truncate(length);
        }

        private readonly bool canCutNow = disk.CanCut;
    }

    private bool CanCut { get; } = canCut;
}
