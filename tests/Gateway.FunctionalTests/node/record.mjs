// Records what the official clients send: node record.mjs FOLDER. Each request becomes FOLDER/NAME.http: its line, the headers that
// say how to read it, an empty line and the body, byte for byte. Keys and all other headers are left out.
import http from "node:http";
import fs from "node:fs";
import path from "node:path";
import OpenAI, { AzureOpenAI, toFile } from "openai";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { Ollama } from "ollama";
import { generateText, jsonSchema, tool } from "ai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { createOpenAI } from "@ai-sdk/openai";

const folder = process.argv[2];
let name = "";
const server = http.createServer((request, response) => {
  const pieces = [];
  request.on("data", piece => pieces.push(piece));
  request.on("end", () => {
    const kept = ["content-type", "anthropic-version", "anthropic-beta"].filter(header => request.headers[header]);
    const head = [`${request.method} ${request.url}`, ...kept.map(header => `${header}: ${request.headers[header]}`)].join("\n");
    fs.writeFileSync(path.join(folder, `${name}.http`), Buffer.concat([Buffer.from(`${head}\n\n`), ...pieces]));
    response.writeHead(400, { "content-type": "application/json" }).end('{"error":{"message":"recorded","code":400,"status":"X"}}');
  });
});
await new Promise(ready => server.listen(0, "127.0.0.1", ready));
const base = `http://127.0.0.1:${server.address().port}`;
const limits = { maxRetries: 0, timeout: 20_000 };
const openai = new OpenAI({ baseURL: `${base}/v1`, apiKey: "k", ...limits });
const anthropic = new Anthropic({ baseURL: base, apiKey: "k", ...limits });
const gemini = new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: base, timeout: 20_000 } });
const ollama = new Ollama({ host: base });
const azure = new AzureOpenAI({ endpoint: base, apiKey: "k", apiVersion: "2024-10-21", ...limits });
const dashscope = new OpenAI({ baseURL: `${base}/compatible-mode/v1`, apiKey: "k", ...limits });

const weather = { type: "object", properties: { city: { type: "string", description: "Name of the city" } }, required: ["city"] };
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const picture = { type: "image_url", image_url: { url: `data:image/png;base64,${pixel}`, detail: "low" } };

const requests = {
  "openai-chat": () => openai.chat.completions.create({
    model: "gpt-4.1-mini", stream: true, stream_options: { include_usage: true }, temperature: 0.2, n: 1, stop: ["END"], user: "u-17",
    metadata: { team: "harbour" }, reasoning_effort: "low", logprobs: true, top_logprobs: 2, parallel_tool_calls: false, tool_choice: "auto",
    messages: [
      { role: "system", content: "You help sailors." },
      { role: "developer", content: [{ type: "text", text: "Answer briefly." }] },
      { role: "user", name: "ann", content: [{ type: "text", text: "What is on this picture?" }, picture, { type: "text", text: "And how is the weather?" }] },
      { role: "assistant", content: null, tool_calls: [{ id: "call_1", type: "function", function: { name: "weather", arguments: "{\"city\":\"Rostock\"}" } }] },
      { role: "tool", tool_call_id: "call_1", content: "Light wind from the west." },
      { role: "assistant", content: "A lighthouse. The wind is light.", refusal: null },
      { role: "user", content: "谢谢，那明天呢？" },
    ],
    tools: [{ type: "function", function: { name: "weather", description: "Tells the weather", parameters: weather, strict: true } }],
    response_format: { type: "json_schema", json_schema: { name: "report", description: "A report", schema: weather } },
    prediction: { type: "content", content: [{ type: "text", text: "The wind is light." }] },
  }),
  "openai-completions": () => openai.completions.create({ model: "m", prompt: ["Once upon a time", "从前有一座山"], suffix: "The end.", echo: true, n: 2, best_of: 2, max_tokens: 16, stop: "\n\n", logprobs: 1, user: "u-17" }),
  "openai-responses": () => openai.responses.create({
    model: "gpt-4.1-mini", stream: true, instructions: "Answer briefly.", previous_response_id: "resp_0123", store: false, include: ["reasoning.encrypted_content"], metadata: { team: "harbour" },
    input: [
      { role: "user", content: [{ type: "input_text", text: "How is the weather?" }, { type: "input_image", image_url: `data:image/png;base64,${pixel}`, detail: "low" }] },
      { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "The user asks about weather." }], encrypted_content: "gAAAAABo" },
      { type: "function_call", call_id: "call_1", name: "weather", arguments: "{\"city\":\"Rostock\"}" },
      { type: "function_call_output", call_id: "call_1", output: "Light wind from the west." },
      { type: "message", role: "assistant", id: "msg_1", status: "completed", content: [{ type: "output_text", text: "The wind is light.", annotations: [] }] },
      { role: "user", content: "谢谢，那明天呢？" },
    ],
    tools: [{ type: "function", name: "weather", description: "Tells the weather", parameters: weather, strict: true }], tool_choice: "auto", reasoning: { effort: "low", summary: "auto" },
    text: { format: { type: "json_schema", name: "report", description: "A report", schema: weather } },
  }),
  "openai-embeddings": () => openai.embeddings.create({ model: "text-embedding-3-small", input: ["The harbour wakes.", "港口醒来了。"], encoding_format: "float", user: "u-17" }),
  "openai-moderations": () => openai.moderations.create({ model: "omni-moderation-latest", input: [{ type: "text", text: "Is this fine?" }, picture] }),
  "openai-images": () => openai.images.generate({ model: "gpt-image-1", prompt: "A lighthouse at dawn", size: "1024x1024", quality: "low", n: 1, user: "u-17" }),
  "openai-images-edit": async () => openai.images.edit({ model: "gpt-image-1", prompt: "Add a boat", image: await toFile(Buffer.from(pixel, "base64"), "a.png", { type: "image/png" }), size: "1024x1024" }),
  "openai-speech": () => openai.audio.speech.create({ model: "gpt-4o-mini-tts", voice: "alloy", input: "Good morning, sailors.", instructions: "Speak calmly.", response_format: "mp3" }),
  "openai-transcription": async () => openai.audio.transcriptions.create({ model: "whisper-1", file: await toFile(Buffer.from("ID3\u0003"), "a.mp3", { type: "audio/mpeg" }), prompt: "Names of ships", language: "en", response_format: "json" }),
  "anthropic": () => anthropic.messages.create({
    model: "claude-sonnet-4-5", max_tokens: 200, stream: true, temperature: 0.2, stop_sequences: ["END"], metadata: { user_id: "u-17" }, thinking: { type: "enabled", budget_tokens: 1024 },
    system: [{ type: "text", text: "You help sailors." }, { type: "text", text: "Answer briefly.", cache_control: { type: "ephemeral" } }],
    messages: [
      { role: "user", content: [{ type: "image", source: { type: "base64", media_type: "image/png", data: pixel } }, { type: "document", title: "Log", context: "A ship's log", source: { type: "text", media_type: "text/plain", data: "We sailed at noon." }, citations: { enabled: true } }, { type: "text", text: "How is the weather?" }] },
      { role: "assistant", content: [{ type: "thinking", thinking: "I need the weather.", signature: "EqQBCkYIBRgC" }, { type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Rostock", days: ["today"] } }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: [{ type: "text", text: "Light wind from the west." }] }, { type: "text", text: "谢谢，那明天呢？" }] },
    ],
    tools: [{ name: "weather", description: "Tells the weather", input_schema: weather }], tool_choice: { type: "auto" },
  }),
  "anthropic-count": () => anthropic.messages.countTokens({ model: "claude-sonnet-4-5", system: "You help sailors.", messages: [{ role: "user", content: "How is the weather?" }] }),
  "gemini": () => gemini.models.generateContent({
    model: "gemini-2.5-flash",
    contents: [
      { role: "user", parts: [{ text: "What is on this picture?" }, { inlineData: { mimeType: "image/png", data: pixel } }, { text: "And the weather?" }] },
      { role: "model", parts: [{ text: "I look.", thought: true }, { functionCall: { name: "weather", args: { city: "Rostock" } }, thoughtSignature: "CpwB" }] },
      { role: "user", parts: [{ functionResponse: { name: "weather", response: { output: "Light wind from the west." } } }] },
      { role: "user", parts: [{ text: "谢谢，那明天呢？" }] },
    ],
    config: {
      systemInstruction: "You help sailors.", temperature: 0.2, stopSequences: ["END"], responseMimeType: "application/json", responseSchema: { type: "OBJECT", properties: { city: { type: "STRING", description: "Name of the city" } } },
      tools: [{ functionDeclarations: [{ name: "weather", description: "Tells the weather", parameters: { type: "OBJECT", properties: { city: { type: "STRING" } } } }] }],
      safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_ONLY_HIGH" }], thinkingConfig: { includeThoughts: true },
    },
  }),
  "gemini-stream": async () => { for await (const _ of await gemini.models.generateContentStream({ model: "gemini-2.5-flash", contents: "How is the weather?" })); },
  "gemini-count": () => gemini.models.countTokens({ model: "gemini-2.5-flash", contents: "How is the weather?" }),
  "gemini-embed": () => gemini.models.embedContent({ model: "gemini-embedding-001", contents: ["The harbour wakes.", "港口醒来了。"], config: { taskType: "RETRIEVAL_DOCUMENT" } }),
  "ollama-chat": () => ollama.chat({
    model: "qwen3", stream: true, think: true, keep_alive: "5m", format: weather, options: { temperature: 0.2, stop: ["END"] },
    messages: [
      { role: "system", content: "You help sailors." },
      { role: "user", content: "What is on this picture?", images: [pixel] },
      { role: "assistant", content: "", thinking: "I need the weather.", tool_calls: [{ function: { name: "weather", arguments: { city: "Rostock" } } }] },
      { role: "tool", tool_name: "weather", content: "Light wind from the west." },
      { role: "user", content: "谢谢，那明天呢？" },
    ],
    tools: [{ type: "function", function: { name: "weather", description: "Tells the weather", parameters: weather } }],
  }),
  "ollama-generate": () => ollama.generate({ model: "qwen3", prompt: "Once upon a time", suffix: "The end.", system: "You tell stories.", template: "{{ .Prompt }}", stream: false, images: [pixel] }),
  "ollama-embed": () => ollama.embed({ model: "bge", input: ["The harbour wakes.", "港口醒来了。"] }),
  "azure-chat": () => azure.chat.completions.create({
    model: "gpt-4o", stream: true, messages: [{ role: "system", content: "You help sailors." }, { role: "user", content: [{ type: "text", text: "How is the weather?" }, picture] }], max_completion_tokens: 64, user: "u-17",
  }),
  "azure-embeddings": () => azure.embeddings.create({ model: "text-embedding-3-small", input: ["The harbour wakes.", "港口醒来了。"], encoding_format: "float" }),
  "vllm-chat": () => openai.chat.completions.create({
    model: "Qwen/Qwen3-8B", stream: true, messages: [{ role: "user", content: "How is the weather?" }, { role: "assistant", content: "Fine.", reasoning_content: "They ask about the weather." }, { role: "user", content: "谢谢，那明天呢？" }],
    top_k: 20, min_p: 0.1, repetition_penalty: 1.1, bad_words: ["storm"], guided_json: weather, guided_decoding_backend: "xgrammar", documents: [{ title: "Log", text: "We sailed at noon." }], chat_template_kwargs: { enable_thinking: false, note: "brief" }, add_generation_prompt: true,
  }),
  "sglang-chat": () => openai.chat.completions.create({
    model: "qwen/qwen2.5-7b", messages: [{ role: "user", content: "How is the weather?" }], regex: "(sunny|windy)", ebnf: "root ::= \"yes\"", separate_reasoning: true, lora_path: "sailor", stop_token_ids: [151645],
  }),
  "dashscope-chat": () => dashscope.chat.completions.create({
    model: "qwen-plus", stream: true, messages: [{ role: "system", content: "You help sailors." }, { role: "user", content: "今天天气怎么样？" }],
    enable_thinking: true, thinking_budget: 64, enable_search: true, search_options: { forced_search: true, search_strategy: "turbo" }, translation_options: { source_lang: "auto", target_lang: "English", domains: "Talk of sailors." },
  }),
  "rerank": () => openai.post("/rerank", { body: { model: "bge-reranker", query: "Who sails?", documents: ["A ship's log", "港口醒来了。"], top_n: 1, return_documents: true } }),
  "vercel-chat": () => vercel(createOpenAICompatible({ name: "gateway", baseURL: `${base}/v1`, apiKey: "k" })("qwen3")),
  "vercel-responses": () => vercel(createOpenAI({ baseURL: `${base}/v1`, apiKey: "k" }).responses("gpt-4.1-mini")),
};

const vercel = model => generateText({
  model, maxRetries: 0, system: "You help sailors.", tools: { weather: tool({ description: "Tells the weather", inputSchema: jsonSchema(weather) }) },
  messages: [
    { role: "user", content: [{ type: "text", text: "What is on this picture?" }, { type: "image", image: `data:image/png;base64,${pixel}` }] },
    { role: "assistant", content: [{ type: "text", text: "I look." }, { type: "tool-call", toolCallId: "call_1", toolName: "weather", input: { city: "Rostock" } }] },
    { role: "tool", content: [{ type: "tool-result", toolCallId: "call_1", toolName: "weather", output: { type: "text", value: "Light wind from the west." } }] },
    { role: "user", content: "谢谢，那明天呢？" },
  ],
});

for (const [each, send] of Object.entries(requests)) {
  name = each;
  try { await send(); } catch (error) { if (!/recorded|400/.test(String(error))) console.error(each, String(error)); }
}
server.close();
