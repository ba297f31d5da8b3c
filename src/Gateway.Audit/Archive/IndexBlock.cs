namespace Gateway.Audit.Archive;

/// <summary>A member of a segment's gzip file, readable alone.</summary>
/// <param name="First">First entry in it.</param>
/// <param name="Offset">Where it begins in the file.</param>
/// <param name="Length">Its bytes in the file.</param>
/// <param name="RawLength">Its bytes when read.</param>
internal readonly record struct IndexBlock(long First, long Offset, int Length, int RawLength);
