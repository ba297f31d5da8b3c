using Gateway.Inspection.Policies;

namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Audit</c>.</summary>
internal sealed class AuditOptions
{
    /// <summary>Directory of the journal. Default <c>./audit</c>. One process at a time.</summary>
    public string Directory { get; set; } = "audit";

    /// <summary>Redis to forward entries to, <c>HOST:PORT</c>. Default none: the journal alone keeps the records.</summary>
    public string? Redis { get; set; }

    /// <summary>
    /// What happens when Redis is set up so that it can lose records (eviction, no persistence): <c>Refuse</c> stops the start, <c>Warn</c> (default,
    /// but <c>Refuse</c> in regulated mode) logs it: the journal keeps the records either way.
    /// </summary>
    public string? OnUnsafeRedis { get; set; }

    /// <summary>Directory of the key store. Default: the journal's directory with <c>-keys</c> after its name. Never inside journal or archive.</summary>
    public string? Keys { get; set; }

    /// <summary>Source of the master key: <c>file:PATH</c>, <c>env:NAME</c> or <c>command:PROGRAM ARGUMENTS</c>. Default: a file made beside the keys; regulated mode demands one.</summary>
    public string? MasterKey { get; set; }

    /// <summary>Where seals are anchored: directories, <c>redis:HOST:PORT</c>, <c>s3://BUCKET/PREFIX</c>, separated by semicolons. Default none; in regulated mode Redis, or a directory beside the journal.</summary>
    public string? Anchors { get; set; }

    /// <summary>Place of the archive that <c>gateway archive</c> writes, for searching it: a directory or <c>s3://BUCKET/PREFIX</c>. Default none.</summary>
    public string? Archive { get; set; }

    /// <summary>Calendar months that records are kept, 6 (default) to 255. More than 6 stands in each record, and the archive keeps it that long, whatever it was started with.</summary>
    public int RetentionMonths { get; set; } = 6;

    /// <summary>
    /// Calendar months by retention class of the policy (<c>digest</c>, <c>evidence</c>, <c>full</c>), for classes whose records are kept longer; at least
    /// <see cref="RetentionMonths"/>, which everything else is kept. Default none.
    /// </summary>
    public Dictionary<string, int> RetentionClasses { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether exchanges may be used for training. Default false.</summary>
    public bool TrainingUse { get; set; }

    public AuditTextOptions Text { get; set; } = new();

    public AuditSealOptions Seal { get; set; } = new();

    /// <summary>Calendar months that a record of a class is kept.</summary>
    public int MonthsOf(RetentionClass retention) => RetentionClasses.GetValueOrDefault(retention.ToString(), RetentionMonths);

    /// <summary>Directory of the key store, given or by default.</summary>
    public string KeysDirectory => Keys ?? System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(Directory)) + "-keys";
}
