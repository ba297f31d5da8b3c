namespace Gateway.LoadTest;

/// <summary>
/// How answers begin, in the pieces in which models send them: words with the blank before them, Chinese by one or two
/// characters. Written for this benchmark; half English, half Chinese.
/// </summary>
internal static class Openings
{
    public static IReadOnlyList<string[]> All { get; } =
    [
        .. new[]
        {
            "Sure|!| Here| is| a| short| summary| of| the| report|:", "I|'m| sorry|,| but| I| could| not| find| that| file|.", "The| main| difference| is| how| the| two| store| their| data|.",
            "To| install| it|,| first| open| a| terminal|.", "Yes|,| that| works| as| long| as| both| sides| agree|.", "Great| question|!| Let|'s| go| through| it| step| by| step|.",
            "Here| are| five| ideas| for| a| rainy| weekend|:", "It| depends| on| what| you| want| to| measure|.", "In| short|,| the| second| plan| costs| less|.", "You| can| do| this| with| a| small| script|.",
            "Dear| Ms| Hall|,| thank| you| for| your| letter| of| Monday|.", "##| Overview|\\n|This| page| explains| the| settings|.",
            "好|的|，|下面|是|这份|报告|的|摘要|：", "您|好|！|很|高兴|为|您|服务|。", "这个|问题|可以|从|三个|方面|来|看|。", "首先|，|请|打开|设置|页面|。", "当然|可以|，|我们|一步|一步|来|。",
            "抱歉|，|我|没有|找到|相关|资料|。", "根据|您|提供|的|数据|，|平均|值|是|十二|。", "北京|今天|晴|，|气温|二十|度|。", "红烧|豆腐|的|做法|如下|：", "是|的|，|两者|并不|矛盾|。",
            "在|大多数|情况|下|，|默认|值|就|够|了|。", "尊敬|的|客户|，|感谢|您|的|来信|。",
        }.Select(line => line.Split('|')),
    ];
}
