"""Renders conversations with chat templates of the forms that models have, as transformers does: python record.py"""
import json
from pathlib import Path

from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

HERE = Path(__file__).parent

TEMPLATES = {
    "chatml with a system message of its own": "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are helpful.<|im_end|>\n' }}{% endif %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "headers, trimmed": "{{- bos_token }}\n{%- for message in messages %}\n    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}\n{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}\n{%- endif %}\n",
    "roles that take turns": "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set first = messages[0]['content'] + '\n\n' %}{% set loop_messages = messages[1:] %}{% else %}{% set first = '' %}{% set loop_messages = messages %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant') }}{% endif %}{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}{{ '<start_of_turn>' + role + '\n' + (first if loop.first else '') + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}",
    "blocks on lines of their own": "{% for message in messages %}\n    {% if message.role == 'user' %}\n{{ '<|user|>\n' + message.content + eos_token }}\n    {% elif message.role == 'system' %}\n{{ '<|system|>\n' + message.content + eos_token }}\n    {% else %}\n{{ '<|assistant|>\n' + message.content + eos_token }}\n    {% endif %}\n    {% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n    {% endif %}\n{% endfor %}",
    "a namespace, a macro and tojson": "{%- macro head(role) -%}[{{ role | upper }}]{%- endmacro -%}{%- set ns = namespace(count=0) -%}{%- for message in messages -%}{%- set ns.count = ns.count + 1 -%}{{ head(message.role) }} {{ ns.count }}: {{ message | tojson }}\n{% endfor -%}{{ '[ASSISTANT]' if add_generation_prompt else '' }}",
}

CONVERSATIONS = {
    "one question": [{"role": "user", "content": "  What is 2 + 2?\n"}],
    "with an answer": [{"role": "user", "content": "Name a colour."}, {"role": "assistant", "content": "Blue, 'é' & <b>\"red\"</b>.\nOr \U0001f642"}],
    "a system message": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hi."},
        {"role": "user", "content": ""},
    ],
}

rows = []
for title, template in TEMPLATES.items():
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), bos_token="<s>", eos_token="</s>", chat_template=template)
    for name, messages in CONVERSATIONS.items():
        for prompt in (False, True):
            text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt)
            rows.append({"template": title, "conversation": name, "addGenerationPrompt": prompt, "text": text})
content = {"templates": TEMPLATES, "conversations": CONVERSATIONS, "rows": rows}
(HERE / "rendered.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
