using Gateway.Training;

return TrainCommand.Make().Parse(args).Invoke();
