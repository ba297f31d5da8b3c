namespace Gateway.Audit.Archive;

/// <summary>A file of a segment.</summary>
/// <param name="Name">Its name in the store.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">SHA-256 of its bytes, hex.</param>
public sealed record ArchivedObject(string Name, long Bytes, string Sha256);
