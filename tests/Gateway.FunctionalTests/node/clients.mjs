// One call of an official npm client through the gateway. Arguments in the environment: CLIENT, BASE (the gateway), MODEL,
// PROMPT, STREAM, TOOLS. The result is one JSON line: what the caller saw, or the exception that the client raised. A hang is the
// caller's time limit.
import OpenAI from "openai";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { Ollama } from "ollama";
import { generateText, jsonSchema, streamText, tool } from "ai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { createOpenAI } from "@ai-sdk/openai";

const { CLIENT, BASE, MODEL, PROMPT, TOOLS } = process.env;
const stream = process.env.STREAM === "true";
const headers = { "X-Test-Script": MODEL };
const seen = { text: "", finish: null, tool: null, events: 0, error: null };
const weather = { type: "object", properties: { city: { type: "string" } } };
const limits = { maxRetries: 0, timeout: 20_000, defaultHeaders: headers };

const clients = {
  async openai() {
    const client = new OpenAI({ baseURL: `${BASE}/v1`, apiKey: "k", ...limits });
    const request = { model: MODEL, messages: [{ role: "user", content: PROMPT }] };
    if (TOOLS) request.tools = [{ type: "function", function: { name: "weather", parameters: weather } }];
    if (!stream) {
      const [choice] = (await client.chat.completions.create(request)).choices;
      take(choice.message.content, choice.finish_reason, choice.message.tool_calls?.[0]?.function);
      return;
    }
    for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
      for (const { delta, finish_reason } of chunk.choices ?? []) take(delta?.content, finish_reason, delta?.tool_calls?.[0]?.function);
    }
  },

  async responses() {
    const client = new OpenAI({ baseURL: `${BASE}/v1`, apiKey: "k", ...limits });
    const request = { model: MODEL, input: PROMPT };
    if (!stream) {
      const answer = await client.responses.create(request);
      const call = answer.output.find(item => item.type === "function_call");
      take(answer.output_text, answer.incomplete_details?.reason ?? answer.status, call && { name: call.name, arguments: call.arguments });
      return;
    }
    const events = client.responses.stream(request);
    for await (const event of events) {
      if (event.type === "response.output_text.delta") take(event.delta);
      if (event.type === "response.completed") take("", "completed");
      if (event.type === "response.incomplete") take("", event.response.incomplete_details.reason);
      if (event.type === "response.output_item.done" && event.item.type === "function_call") take("", null, event.item);
    }
  },

  async anthropic() {
    const client = new Anthropic({ baseURL: BASE, apiKey: "k", ...limits });
    const request = { model: MODEL, max_tokens: 100, messages: [{ role: "user", content: PROMPT }] };
    if (TOOLS) request.tools = [{ name: "weather", input_schema: weather }];
    const message = stream ? await client.messages.stream(request).on("text", () => seen.events++).finalMessage() : await client.messages.create(request);
    const call = message.content.find(block => block.type === "tool_use");
    take(message.content.filter(block => block.type === "text").map(block => block.text).join(""), message.stop_reason,
      call && { name: call.name, arguments: JSON.stringify(call.input) });
  },

  async gemini() {
    const client = new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: BASE, headers, timeout: 20_000 } });
    const request = { model: "gemini-2.5-flash", contents: PROMPT };
    const answers = stream ? await client.models.generateContentStream(request) : [await client.models.generateContent(request)];
    for await (const answer of answers) {
      const call = answer.functionCalls?.[0];
      take(answer.candidates?.[0]?.content?.parts?.map(part => part.text ?? "").join(""),
        answer.promptFeedback?.blockReason ?? answer.candidates?.[0]?.finishReason, call && { name: call.name, arguments: JSON.stringify(call.args) });
    }
  },

  async ollama() {
    const client = new Ollama({ host: BASE, headers });
    const request = { model: MODEL, messages: [{ role: "user", content: PROMPT }], stream };
    const answers = stream ? await client.chat(request) : [await client.chat(request)];
    for await (const answer of answers) {
      const call = answer.message.tool_calls?.[0]?.function;
      take(answer.message.content, answer.done_reason, call && { name: call.name, arguments: JSON.stringify(call.arguments) });
    }
  },

  async vercel() {
    await vercelWith(createOpenAICompatible({ name: "gateway", baseURL: `${BASE}/v1`, apiKey: "k", headers })(MODEL));
  },

  async vercelResponses() {
    await vercelWith(createOpenAI({ baseURL: `${BASE}/v1`, apiKey: "k", headers }).responses(MODEL));
  },
};

async function vercelWith(model) {
  const request = { model, prompt: PROMPT, maxRetries: 0, abortSignal: AbortSignal.timeout(20_000) };
  if (TOOLS) request.tools = { weather: tool({ inputSchema: jsonSchema(weather) }) };
  if (!stream) {
    const answer = await generateText(request);
    take(answer.text, answer.finishReason, vercelCall(answer.toolCalls));
    return;
  }
  let failure = null;
  const answer = streamText({ ...request, onError: ({ error }) => { failure = error; } });
  for await (const piece of answer.textStream) take(piece);
  if (failure) throw failure;
  take("", await answer.finishReason, vercelCall(await answer.toolCalls));
}

function vercelCall(calls) {
  return calls?.[0] && { name: calls[0].toolName, arguments: JSON.stringify(calls[0].input) };
}

function take(text, finish, tool) {
  seen.events++;
  seen.text += text ?? "";
  seen.finish = finish ?? seen.finish;
  if (tool) {
    seen.tool ??= { name: "", arguments: "" };
    seen.tool.name += tool.name ?? "";
    seen.tool.arguments += tool.arguments ?? "";
  }
}

try {
  await clients[CLIENT]();
} catch (error) {
  seen.error = {
    name: error?.constructor?.name,
    status: error?.status ?? error?.statusCode ?? error?.status_code ?? null,
    code: error?.code ?? error?.error?.code ?? null,
    message: String(error?.message),
  };
}

process.stdout.write(JSON.stringify(seen) + "\n");
