namespace Gateway.Protocols;

/// <summary>A group that has not ended.</summary>
/// <param name="Index">Its number.</param>
/// <param name="IsDelivered">The client has seen its beginning.</param>
internal readonly record struct OpenGroup(int Index, bool IsDelivered);
