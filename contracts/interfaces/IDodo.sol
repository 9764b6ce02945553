// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice The part of DODO's fee route proxy that a hop uses. Its newer generation has one parameter more in each: that
/// is another ABI, and this generation answers it with nothing.
interface IDodoFeeRouteProxy {
    function externalSwap(
        address fromToken,
        address toToken,
        address approveTarget,
        address swapTarget,
        uint256 fromTokenAmount,
        uint256 minReturnAmount,
        bytes calldata feeData,
        bytes calldata callDataConcat,
        uint256 deadLine
    ) external payable returns (uint256 receiveAmount);

    function mixSwap(
        address fromToken,
        address toToken,
        uint256 fromTokenAmount,
        uint256 minReturnAmount,
        address[] calldata mixAdapters,
        address[] calldata mixPairs,
        address[] calldata assetTo,
        uint256 directions,
        bytes[] calldata moreInfos,
        bytes calldata feeData,
        uint256 deadLine
    ) external payable returns (uint256 receiveAmount);
}

/// @notice The part of a DODO V2 pool that a hop uses: it sells what was sent to it.
interface IDodoPool {
    function sellBase(address to) external returns (uint256 receiveQuoteAmount);

    function sellQuote(address to) external returns (uint256 receiveBaseAmount);

    /// @return midPrice What the first unit of base is worth in units of quote, with 18 decimals, before fees.
    function getMidPrice() external view returns (uint256 midPrice);
}
