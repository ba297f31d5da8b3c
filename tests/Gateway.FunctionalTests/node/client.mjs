// One call of the official npm client through the gateway. Arguments in the environment; the result is one JSON line:
// what the caller saw, or the exception the client raised. A hang is the caller's time limit.
import OpenAI from "openai";

const { BASE_URL, MODEL, PROMPT, STREAM } = process.env;
const client = new OpenAI({ baseURL: BASE_URL, apiKey: "test-key", maxRetries: 0, timeout: 20_000 });
const seen = { content: "", finishReason: null, chunks: 0, error: null };

try {
  const request = { model: MODEL, messages: [{ role: "user", content: PROMPT }] };
  if (STREAM === "true") {
    for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
      seen.chunks++;
      for (const choice of chunk.choices ?? []) {
        seen.content += choice.delta?.content ?? "";
        seen.finishReason = choice.finish_reason ?? seen.finishReason;
      }
    }
  } else {
    const answer = await client.chat.completions.create(request);
    seen.content = answer.choices[0].message.content;
    seen.finishReason = answer.choices[0].finish_reason;
  }
} catch (error) {
  seen.error = {
    name: error?.constructor?.name,
    isApiError: error instanceof OpenAI.APIError,
    isBadRequest: error instanceof OpenAI.BadRequestError,
    status: error?.status ?? null,
    code: error?.code ?? null,
    message: String(error?.message),
  };
}

process.stdout.write(JSON.stringify(seen) + "\n");
