"""The lexicon of vaderSentiment as JSON: python lexicon.py"""

import json

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

print(json.dumps(SentimentIntensityAnalyzer().lexicon))
