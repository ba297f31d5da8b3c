namespace Gateway.Audit.Records;

/// <summary>What can be done to records.</summary>
public static class AuditEvents
{
    /// <summary>Evidence was decrypted for a person to read.</summary>
    public const string BreakGlass = "break_glass";

    /// <summary>Records were exported.</summary>
    public const string Export = "export";

    /// <summary>What is held about a person was handed out.</summary>
    public const string SubjectExport = "subject_export";

    /// <summary>A person's key was destroyed.</summary>
    public const string Erasure = "erasure";

    /// <summary>A person's key was locked because a legal hold defers its destruction.</summary>
    public const string ErasureDeferred = "erasure_deferred";

    /// <summary>A legal hold began.</summary>
    public const string HoldSet = "hold_set";

    /// <summary>A legal hold ended.</summary>
    public const string HoldReleased = "hold_released";

    /// <summary>Archive segments were deleted because their retention had ended.</summary>
    public const string Deletion = "deletion";

    /// <summary>Journal segments were removed because the archive holds them.</summary>
    public const string JournalTrimmed = "journal_trimmed";

    /// <summary>The key that seals was replaced.</summary>
    public const string KeyRotated = "key_rotated";

    /// <summary>An answer went out without the notice in its text, by agreement with its recipient.</summary>
    public const string UnlabelledDelivery = "unlabelled-delivery";

    /// <summary>The master key was replaced: all keys were wrapped anew.</summary>
    public const string MasterKeyRotated = "master_key_rotated";

    /// <summary>Somebody complained about an exchange, or appealed against what was decided.</summary>
    public const string ComplaintFiled = "complaint_filed";

    /// <summary>A complaint came into another state.</summary>
    public const string ComplaintState = "complaint_state";

    /// <summary>A reviewer judged an exchange.</summary>
    public const string ReviewDecided = "review_decided";

    /// <summary>An incident was found.</summary>
    public const string IncidentOpened = "incident_opened";

    /// <summary>The report on an incident was put together for the authority.</summary>
    public const string IncidentReported = "incident_reported";

    /// <summary>An incident is over and summed up.</summary>
    public const string IncidentClosed = "incident_closed";

    /// <summary>Somebody was told of a crisis, or could not be.</summary>
    public const string CrisisNotified = "crisis_notified";

    /// <summary>A user was warned after a blocked prompt.</summary>
    public const string UserWarned = "user_warned";

    /// <summary>A user may make fewer requests.</summary>
    public const string UserLimited = "user_limited";

    /// <summary>A user was suspended.</summary>
    public const string UserSuspended = "user_suspended";

    /// <summary>A user was shut out for good.</summary>
    public const string UserTerminated = "user_terminated";

    /// <summary>A measure against a user was lifted.</summary>
    public const string UserLifted = "user_lifted";

    /// <summary>A user appealed against a measure.</summary>
    public const string UserAppealed = "user_appealed";

    /// <summary>The admin API was called.</summary>
    public const string AdminCall = "admin_call";

    /// <summary>A change of lexicons, policies or tenants was approved by a person.</summary>
    public const string EpochApproved = "epoch_approved";

    /// <summary>A change of lexicons, policies or tenants was rejected by a person.</summary>
    public const string EpochRejected = "epoch_rejected";

    /// <summary>Changed lexicons, policies or tenants came into force.</summary>
    public const string EpochActivated = "epoch_activated";

    /// <summary>What a node remembers beside its journal was gone at a start, as the journal tells.</summary>
    public const string StateLost = "state_lost";

    /// <summary>An appeal against a measure was granted or rejected.</summary>
    public const string AppealDecided = "appeal_decided";

    /// <summary>A backup was restored.</summary>
    public const string Restored = "restored";
}
