using System.Globalization;

namespace Gateway.Audit.Verification;

/// <summary>What a sound chain proves and what it does not, in sentences.</summary>
internal static class VerificationText
{
    /// <summary>Adds the sentences.</summary>
    public static JournalVerification Complete(JournalVerification found)
    {
        var proven = new List<string> { "no entry was altered, removed, added or moved without re-hashing everything after it" };
        var not = new List<string>();
        if (found.Trimmed > 0) not.Add(Invariant($"entries 1 to {found.Trimmed}: they are in the archive; verify it together with this journal"));
        if (found.SealedThrough > 0)
        {
            proven.Add(found.IsKeyGiven
                ? Invariant($"entries up to {found.SealedThrough} are those that were sealed with the given key (seal {found.LastSeal!.Number}, {found.SealedAt})")
                : Invariant($"entries up to {found.SealedThrough} are those of seal {found.LastSeal!.Number}, {found.SealedAt}, by the key that the records themselves name"));
            if (!found.IsKeyGiven) not.Add("whose key that is: give the public key (--key FILE)");
        }

        if (found.AreAnchorsChecked)
        {
            if (found.AnchoredThrough > 0)
                proven.Add(Invariant($"entries up to {found.AnchoredThrough} were not written and sealed anew, and none of them was cut off: their seals are anchored elsewhere"));
            else not.Add("anything by anchors: there is none for this journal");
        }

        var covered = found.AreAnchorsChecked ? found.AnchoredThrough : 0;
        if (found.SealedThrough > covered)
        {
            not.Add(Invariant($"that the key's holder did not write and seal entries {covered + 1} to {found.SealedThrough} anew, or cut the chain at a seal: only anchors show that (--anchors)"));
        }

        if (found.SealedThrough == 0)
        {
            not.Add("that nothing was cut off at the end, and that the end or the whole journal was not written anew: there are no seals yet");
        }
        else if (found.Last.Sequence > found.LastSeal!.EntrySeq || found.LastSeal.EntrySeq - found.SealedThrough > 1)
        {
            not.Add(Invariant($"anything after seal {found.LastSeal.Number}: entries {found.SealedThrough + 1} to {found.Last.Sequence} are not sealed yet"));
        }

        return found with { Proven = proven, NotProven = not };
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
