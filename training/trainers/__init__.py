"""Trainers: plain Python programs, started as child processes by the worker.

A trainer imports neither Django nor any part of this project except
`training.features`, `training.measures` and `training.trainers.contract`.
"""
