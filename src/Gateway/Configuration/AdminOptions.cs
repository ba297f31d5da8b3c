namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Admin</c>.</summary>
internal sealed class AdminOptions
{
    /// <summary>
    /// File of the keys that open records on the admin listener; lines <c>NAME ROLE SHA256</c>, role <c>viewer</c>, <c>operator</c>, <c>reviewer</c>, <c>auditor</c> or <c>admin</c>, the hash that of the key in hex. Default none:
    /// nobody comes in by a key.
    /// </summary>
    public string? KeysFile { get; set; }

    public AdminJwtOptions Jwt { get; set; } = new();

    /// <summary>
    /// Regulated mode, where nothing was approved before: <c>Accept</c> (default) takes the files of the first start as they are, says so and records it;
    /// <c>Approve</c> refuses traffic until two persons have approved them. Later starts take only what was approved, or taken first;
    /// a start that finds no approvals although the journal tells of some is no first one, unless <c>Again</c> lets it take what it finds all the same.
    /// </summary>
    public string FirstStart { get; set; } = "Accept";
}
