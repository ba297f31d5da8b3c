namespace Gateway.Audit.Verification;

/// <summary>The first bad position of a journal and what is wrong there.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="File">Name of the segment file, without its directory.</param>
/// <param name="Line">Line in that file, from 1; 0 where the file itself is the trouble.</param>
/// <param name="Offset">Byte offset of the line in that file.</param>
/// <param name="Sequence">The entry that should be there.</param>
/// <param name="Message">What is wrong, in a sentence without a full stop.</param>
public sealed record JournalFault(JournalFaultKind Kind, string File, long Line, long Offset, long Sequence, string Message)
{
    /// <summary>File, line, offset, entry and what is wrong, in one line.</summary>
    public override string ToString() => Line == 0
        ? $"{File}, entry {Sequence}: {Message}"
        : $"{File}, line {Line} (byte {Offset}), entry {Sequence}: {Message}";
}
