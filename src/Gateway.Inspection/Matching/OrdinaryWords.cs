using System.Collections.Frozen;

namespace Gateway.Inspection.Matching;

/// <summary>
/// Short English words that stand next to one another in any text. "pen is" and "hero in" are such words and no spellings of
/// something else; "her oin" is not.
/// </summary>
internal static class OrdinaryWords
{
    /// <summary>Length of the longest word.</summary>
    public const int Longest = 12;

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Words = (
        "a able about above act add after again age ago air all also am an and ant any arm art as ask at ate away bad bag ball band bar base bat be bed been "
        + "bee bell best bet big bin bit body book both box boy bus but buy by cab call came can cap car card care case cat cent child cock code cold come cop cost "
        + "cow cry cup cut dad day dear deep did die dig do dog done door down drag draw dress drink drive drop dry duck due each ear east easy eat edge egg else "
        + "end even ever eye face fact fair fall fan far farm fast fat father feel feet felt few file find fine fire first fish fit five fly food foot for form "
        + "four free friend from full fun game gas gate gave get girl give glad go goal god gold gone good got gram grass great grow gun gut guy had hair half "
        + "hand hang hard has hat hate have he head hear heart heat held help her here hero hers hi high hill him his hit hold home hope horse hot hour house how "
        + "hunt i ice idea if in ink inn into iron is it its job join joy just keep kept key kid kill kin kind king kit knew know lab lady laid land large last "
        + "late law lay lead least led left leg less let lie life light like line list live load long look lord loss lost lot love low mad made mail main make "
        + "man many map mark mass master mat may me meal mean meat men met mile milk mind mine miss mom moon more most mother much must my name near neck need "
        + "new news next nice night no nor north nose not note now nut of off oh oil ok old on once one only open or other our out over own pack page paid pain "
        + "pan part pass past pay pen per person pet pick piece pig pin plan play plus poor pop port pot press pull pure push put race rain ran rang rate read "
        + "real red rest rich ride right ring rise road rock roll room rose round row rub run sad safe said sale salt same sand sat save saw say sea seat see "
        + "seed seen self sell send sent set sex she ship shoe shop short shot should show shut side sign sin since sing sir sister sit site six size skin "
        + "sky slow small so soft sold some son song soon sort south star start stay step still stock stone stop story such suit sun sure table tail take talk "
        + "tall tap tax tea team tell ten than that the their them then there these they thing think third this those three time tin tip to today toe told "
        + "tone too took top town tree trip true try turn two type under up upon us use used van very view visit wait walk wall want war warm was wash watch "
        + "water way we wear week well went were west what when where which while white who whole why wife will win wind wine wing wish with woman word work "
        + "world worn would write year yes yet you young your").Split(' ').ToFrozenSet(StringComparer.Ordinal)
        .GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether a word is one of them.</summary>
    /// <param name="word">The word, lower case.</param>
    public static bool Contains(ReadOnlySpan<char> word) => Words.Contains(word);
}
